// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// One run of an automation: its strands, each at a place in the program and in a state.
struct Run: Sendable {
  /// Steps begun in all; more end the run: a repetition within a repetition.
  static let stepsMax = 10_000
  /// Steps told in one row of the journal; more are left out.
  static let toldMax = 32
  /// Bytes of one answer that are kept.
  static let answerBytesMax = 4096
  static let answersMax = 16

  let id: UInt64
  var rule: Int
  let name: String
  let fingerprint: Int64
  let isDurable: Bool
  /// As `Watch.text` has it, or `call`.
  let trigger: String
  let event: JSONObject
  let slots: [String: String]
  let started: Int64
  /// The strand of another run that waits for this one.
  var caller: StrandID?
  var answers = JSONObject()
  var strands: [Strand] = []
  var failure: String?
  /// Waits for its turn.
  var isQueued = false
  var isOver = false
  /// A checkpoint of it is in the store, or on its way.
  var isStored = false
  var stepsBegun = 0
  /// What was done since the last row that told it.
  var told: [String] = []

  struct Frame: Sendable, Hashable {
    var block: Int
    /// Of the step under way, or the next.
    var step = 0
    /// Rounds still to do after this one.
    var rounds = 0
  }

  struct Strand: Sendable {
    var parent: Int?
    /// Strands that it waits for.
    var children = 0
    var frames: [Frame]
    var state = State.ready
  }

  enum State: Sendable, Equatable {
    case ready
    /// The effect of this number is under way.
    case running(Int, isOnce: Bool, Deadline?)
    case waiting(Waiting, since: Int64, Deadline?)
    case failed(String)
    case ended
  }

  enum Waiting: Sendable, Equatable {
    case time, condition, trigger, approval, branches
    case run(UInt64)
  }

  /// Of a button that is held: told once, with the first, unless it survives or fails.
  var isRepetition: Bool { !isDurable && event["repeated"] == true }

  var isStuck: Bool { strands.contains { if case .failed = $0.state { true } else { false } } }

  /// Where a strand is, those included that wait for it.
  func place(of strand: Int) -> [Frame] {
    guard let parent = strands[strand].parent else { return strands[strand].frames }
    return place(of: parent) + strands[strand].frames
  }

  func deadline(_ strand: Int) -> Deadline? {
    switch strands[strand].state {
    case .running(_, _, let deadline), .waiting(_, _, let deadline): deadline
    default: nil
    }
  }
}

/// Names a strand of a run.
struct StrandID: Sendable, Hashable {
  var run: UInt64
  var strand: Int
}

/// Names one effect, so that a late report of an abandoned one is known as such.
public struct StepID: Sendable, Hashable {
  public let run: UInt64
  let strand: Int
  let number: Int
  let place: [Run.Frame]

  /// The same when it is done again after a restart, and no other effect's: for whoever receives it.
  public var key: String {
    "\(run)-" + place.map { "\($0.block).\($0.step).\($0.rounds)" }.joined(separator: "-")
  }
}
