// SPDX-License-Identifier: Apache-2.0
import Automation
import Intents
import Log
import Runtime
import Time

/// What happens in a simulated world: a line of its trace, and what invariants see.
public enum WorldEvent: Sendable {
  /// What the world does to the runtime, in words.
  case world(String)
  /// The runtime requested its lines, these, or released them.
  case linesStarted([LineSettings])
  case linesStopped
  /// An edge as the runtime is given it; its gestures follow.
  case edge(LineEdge)
  case output(line: String, percent: Int)
  case speaker(SpeakerEvent)
  case timeline(TimelineEntry)
  /// What became of an utterance that was heard to its end.
  case outcome(utterance: Int, Outcome)
  case log(LogEvent)
  /// A timer of the world's own has fired.
  case timer(number: Int, due: Instant)
  /// A request on the control socket was made; its last reply came.
  case asked(request: Int, until: Instant)
  case answered(request: Int)
  /// The configuration was changed while running, and with it how much silence ends an utterance.
  case reloaded(hangover: Duration)
  /// What is there now.
  case census(Census)
  /// The journal, after the end.
  case journal(JournalCensus)

  public enum SpeakerEvent: String, Sendable { case begin, first, finish, heard, cutOff = "cut off" }
}

/// How much the runtime holds at one instant.
public struct Census: Sendable, Equatable {
  /// Names of the tasks on the loop but for the world's own.
  public var tasks: [String]
  public var timers: Int
  public var descriptors: Int
  /// Automations under way.
  public var running: [String]
  /// Utterances whose outcome is not known.
  public var pending: Int
  /// Nothing has happened for longer than anything may take, and every device and worker is well.
  public var isAtRest: Bool

  public init(
    tasks: [String] = [], timers: Int = 0, descriptors: Int = 0, running: [String] = [], pending: Int = 0,
    isAtRest: Bool = false
  ) {
    self.tasks = tasks
    self.timers = timers
    self.descriptors = descriptors
    self.running = running
    self.pending = pending
    self.isAtRest = isAtRest
  }
}

extension WorldEvent: CustomStringConvertible {
  /// One line, the same for the same event.
  public var description: String {
    switch self {
    case .world(let text): "world     \(text)"
    case .linesStarted(let lines): "lines     started: \(lines.map(\.name).joined(separator: ", "))"
    case .linesStopped: "lines     stopped"
    case .edge(let edge):
      "edge      \(edge.line) \(edge.isActive ? "on" : "off")\(edge.isInitial ? " (found so)" : "")"
    case .output(let line, let percent): "output    \(line) \(percent) %"
    case .speaker(let event): "speaker   \(event.rawValue)"
    case .timeline(let entry): "timeline  \(entry.stage.rawValue) \(who(entry))\(entry.text)"
    case .outcome(let utterance, let outcome): "outcome   utterance \(utterance): \(outcome.inWords)"
    case .log(let event): "log       \(event.level.name) \(event.module): \(event.message)"
    case .timer(let number, _): "timer     \(number)"
    case .asked(let request, _): "asked     request \(request)"
    case .answered(let request): "answered  request \(request)"
    case .reloaded: "reloaded"
    case .journal(let journal):
      "journal   \(journal.rows.values.reduce(0, +)) rows, \(journal.unstored) changes not stored"
    case .census(let census):
      "census    \(census.isAtRest ? "at rest: " : "")\(census.tasks.count) tasks, \(census.timers) timers, "
        + "\(census.descriptors) descriptors, \(census.running.count) automations, \(census.pending) utterances"
    }
  }

  private func who(_ entry: TimelineEntry) -> String {
    let since = entry.sinceSpeechEndMS.map { " (+\(Int($0.rounded())) ms)" } ?? ""
    return entry.utterance.map { "of \($0)\(since): " } ?? ""
  }
}

extension Outcome {
  fileprivate var inWords: String {
    switch self {
    case .completed: "completed"
    case .failed(let reason, _): "failed: \(reason)"
    case .rejected(let refusal): "rejected: \(refusal)"
    case .expired(let stage): "expired: \(stage)"
    }
  }
}
