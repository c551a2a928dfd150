// SPDX-License-Identifier: Apache-2.0
import Automation
import Intents
import JSON
import Store
import Time

/// What the daemon writes into its journal.
public enum Fact: Sendable, Equatable {
  case boot(version: String, node: String, board: String)
  case shutdown
  /// A gesture that some rule waits for.
  case gesture(line: String, Gesture)
  /// The text only when the configuration allows it.
  case intent(id: String, realm: String, origin: Intent.Origin, text: String?)
  case outcome(id: String, Outcome, took: Duration, text: Bool)
  case workerStarted(String, pid: Int32)
  case workerEnded(String, how: String)
  /// Keys whose change waits for the next start.
  case reloaded(later: [String])
  case reloadRefused(String)

  var kind: String {
    switch self {
    case .boot: "boot"
    case .shutdown: "shutdown"
    case .gesture: "gesture"
    case .intent: "intent"
    case .outcome: "outcome"
    case .workerStarted: "worker.started"
    case .workerEnded: "worker.ended"
    case .reloaded: "configuration.taken"
    case .reloadRefused: "configuration.refused"
    }
  }

  /// What must not wait for others.
  var durability: Durability {
    switch self {
    case .boot, .shutdown, .reloaded, .reloadRefused: .now
    default: .soon
    }
  }

  var body: JSONObject {
    switch self {
    case .boot(let version, let node, let board):
      ["version": .string(version), "node": .string(node), "board": .string(board)]
    case .shutdown: [:]
    case .gesture(let line, let gesture): ["line": .string(line), "gesture": .string(gesture.rawValue)]
    case .intent(let id, let realm, let origin, let text):
      Self.object(
        ["id": .string(id), "realm": .string(realm), "origin": .string(origin.rawValue)], ["text": text])
    case .outcome(let id, let outcome, let took, let isTold):
      Self.object(
        [
          "id": .string(id), "outcome": .string(outcome.word),
          "ms": .integer(took.nanoseconds / 1_000_000),
        ], [outcome.isCompleted ? "text" : "reason": outcome.isCompleted && !isTold ? nil : outcome.text])
    case .workerStarted(let name, let pid): ["worker": .string(name), "pid": .integer(Int64(pid))]
    case .workerEnded(let name, let how): ["worker": .string(name), "how": .string(how)]
    case .reloaded(let later): ["later": .array(later.map { .string($0) })]
    case .reloadRefused(let why): ["reason": .string(Self.short(why))]
    }
  }

  /// Longest text of a member; a longer one is cut.
  private static let textMax = 1000

  private static func short(_ text: String) -> String {
    text.count > textMax ? "\(text.prefix(textMax))…" : text
  }

  private static func object(_ object: JSONObject, _ texts: [String: String?]) -> JSONObject {
    var object = object
    for (key, text) in texts { object[key] = text.map { .string(short($0)) } }
    return object
  }
}

extension Outcome {
  var word: String {
    switch self {
    case .completed: "completed"
    case .failed: "failed"
    case .rejected: "rejected"
    case .expired: "expired"
    }
  }

  var text: String {
    switch self {
    case .completed(let completion): completion.payload.text
    case .failed(let reason, _): reason
    case .rejected(let refusal): "\(refusal)"
    case .expired(let stage): stage
    }
  }

  var isCompleted: Bool { if case .completed = self { true } else { false } }
}
