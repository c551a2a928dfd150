// SPDX-License-Identifier: Apache-2.0

/// Something outside that automations can wait for: a moment, or a value that changes.
public enum Trigger: Sendable, Hashable {
  /// The runtime is ready; it is about to end.
  case start, shutdown
  case gesture(line: String, Gesture)
  /// A spoken or typed command was understood.
  case command(String)
  /// Somebody has called it by HTTP, or with `mtor trigger`.
  case webhook(String)
  /// A row of this kind was added to the journal.
  case journal(String)
  /// An intent to this realm has ended.
  case outcome(realm: String)
  /// Values: on or off, a number, `up` or `down`, dB below full scale.
  case level(line: String)
  case sensor(String)
  case worker(String)
  case realm(String)
  case sound

  /// The words that begin the configuration's text of one.
  public static let words = [
    "start", "shutdown", "gpio", "command", "webhook", "journal", "outcome", "sensor", "worker", "realm",
    "sound",
  ]

  /// It has a value that lasts; else it is a moment.
  public var isValue: Bool { root != nil }

  /// Where expressions find its value, and under which name.
  var root: (name: String, member: String)? {
    switch self {
    case .level(let line): ("line", line)
    case .sensor(let name): ("sensor", name)
    case .worker(let name): ("worker", name)
    case .realm(let name): ("realm", name)
    case .sound: ("sound", "level")
    default: nil
    }
  }

  /// As the configuration writes it: `gpio.doorbell.press`, `sensor.cellar`.
  public var text: String {
    switch self {
    case .start: "start"
    case .shutdown: "shutdown"
    case .gesture(let line, let gesture): "gpio.\(line).\(gesture.rawValue)"
    case .command(let name): "command.\(name)"
    case .webhook(let name): "webhook.\(name)"
    case .journal(let kind): "journal.\(kind)"
    case .outcome(let realm): "outcome.\(realm)"
    case .level(let line): "gpio.\(line)"
    case .sensor(let name): "sensor.\(name)"
    case .worker(let name): "worker.\(name)"
    case .realm(let name): "realm.\(name)"
    case .sound: "sound"
    }
  }

  /// - Returns: nil for a text that names no trigger; an unknown gesture is one too.
  public init?(text: String) {
    guard let dot = text.firstIndex(of: ".") else {
      switch text {
      case "start": self = .start
      case "shutdown": self = .shutdown
      case "sound": self = .sound
      default: return nil
      }
      return
    }
    let rest = String(text[text.index(after: dot)...])
    if rest.isEmpty { return nil }
    switch text[..<dot] {
    case "journal": self = .journal(rest)
    case "gpio":
      let parts = rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      if parts.count == 1 {
        self = .level(line: rest)
      } else if parts.count == 2, !parts[0].isEmpty, let gesture = Gesture(rawValue: parts[1]) {
        self = .gesture(line: parts[0], gesture)
      } else {
        return nil
      }
    case _ where rest.contains("."): return nil
    case "command": self = .command(rest)
    case "webhook": self = .webhook(rest)
    case "outcome": self = .outcome(realm: rest)
    case "sensor": self = .sensor(rest)
    case "worker": self = .worker(rest)
    case "realm": self = .realm(rest)
    default: return nil
    }
  }
}

/// What a line's edges mean, after debouncing. Raw values are the configuration's words.
public enum Gesture: String, Sendable, Hashable, CaseIterable {
  case press, release, click, double, triple, multi, hold
  case motion
  case noMotion = "no_motion"
}
