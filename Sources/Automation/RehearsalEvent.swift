// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// One line of a file of events for a rehearsal: a JSON object with `at`, the time since the beginning, and
/// one of the following.
///
/// `trigger` with `event` and `slots` · `value` with `is` · `answer` or `fails` with `of`, a step's summary ·
/// `approve`, `refuse`, `cancel`, `retry` with a run's number · `clock`, how far it is set · `restart`,
/// how long the power is gone · nothing: time passes.
public struct RehearsalEvent: Sendable, Equatable {
  public enum What: Sendable, Equatable {
    case nothing
    case engine(Engine.Event)
    case answer(of: String, Engine.StepResult)
    case clock(Duration)
    case restart(Duration)
  }

  public var at: Duration
  public var what: What

  public struct BadEvent: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  private static let members: Set<String> = [
    "at", "trigger", "event", "slots", "value", "is", "answer", "fails", "of", "approve", "refuse", "cancel",
    "retry", "clock", "restart",
  ]

  /// - Throws: `BadEvent`, which says what is wrong.
  public init(_ json: JSONObject) throws(BadEvent) {
    if let unknown = json.members.first(where: { !Self.members.contains($0.key) })?.key {
      throw BadEvent(
        "unknown member '\(unknown)'. There are \(Self.members.sorted().joined(separator: ", "))")
    }
    at = try Self.duration(json["at"] ?? "0s", "at")
    if let text = json["trigger"]?.stringValue {
      let slots = (json["slots"]?.objectValue?.members ?? []).map { ($0.key, $0.value.shown) }
      what = .engine(
        .happened(
          try Self.trigger(text), data: json["event"]?.objectValue ?? [:],
          slots: Dictionary(slots) { _, last in last }))
    } else if let text = json["value"]?.stringValue {
      let trigger = try Self.trigger(text)
      guard trigger.isValue, let value = json["is"] else { throw BadEvent("'\(text)' needs a value: \"is\"") }
      what = .engine(.value(trigger, value))
    } else if let step = json["of"]?.stringValue {
      let failure = json["fails"]?.stringValue
      what = .answer(of: step, failure.map { .failed($0) } ?? .done(json["answer"] ?? .null))
    } else if let event = try Self.decision(json) {
      what = .engine(event)
    } else if let shift = json["clock"] {
      what = .clock(try Self.duration(shift, "clock"))
    } else if let pause = json["restart"] {
      what = .restart(try Self.duration(pause, "restart"))
    } else {
      what = .nothing
    }
  }

  private static func decision(_ json: JSONObject) throws(BadEvent) -> Engine.Event? {
    for word in ["approve", "refuse", "cancel", "retry"] {
      guard let value = json[word] else { continue }
      guard let number = value.integerValue, let run = UInt64(exactly: number) else {
        throw BadEvent("'\(word)' takes the number of a run")
      }
      switch word {
      case "approve": return .approved(run: run, true)
      case "refuse": return .approved(run: run, false)
      case "cancel": return .cancelled(run: run)
      default: return .retried(run: run)
      }
    }
    return nil
  }

  private static func trigger(_ text: String) throws(BadEvent) -> Trigger {
    if let trigger = Trigger(text: text) { return trigger }
    throw BadEvent("'\(text)' is not a trigger")
  }

  /// `90s`, `-1h`, `1.5min`.
  private static func duration(_ value: JSONValue, _ what: String) throws(BadEvent) -> Duration {
    let text = value.stringValue ?? ""
    let digits = text.prefix { "+-.0123456789".contains($0) }
    let units: [Substring: Double] = ["ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9, "d": 86_400e9]
    guard let number = Double(digits), let unit = units[text[digits.endIndex...]], abs(number * unit) < 9e18
    else {
      throw BadEvent("'\(what)' is a time with its unit: \"90s\", \"5min\", \"2h\", \"1d\"")
    }
    return Duration(nanoseconds: Int64((number * unit).rounded()))
  }
}

extension TimeZone {
  /// `2026-03-29 01:30` on the local clock, in nanoseconds since 1970; nil for anything else.
  public func wall(of text: String) -> Int64? {
    let numbers = text.split(whereSeparator: { "- :T".contains($0) }).map { Int($0) }
    guard numbers.count == 5 || numbers.count == 6, !numbers.contains(nil) else { return nil }
    let parts = numbers.compactMap { $0 } + [0]
    guard (1970...9999).contains(parts[0]), (1...12).contains(parts[1]), (1...31).contains(parts[2]),
      (0...23).contains(parts[3]), (0...59).contains(parts[4]), (0...59).contains(parts[5])
    else { return nil }
    let days = CivilTime.day(year: parts[0], month: parts[1], day: parts[2])
    let local = days * 86_400 + Int64(parts[3] * 3600 + parts[4] * 60 + parts[5])
    let guess = local - Int64(offset(at: local))
    return (local - Int64(offset(at: guess))) * 1_000_000_000
  }
}
