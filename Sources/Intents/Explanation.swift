// SPDX-License-Identifier: Apache-2.0
import Time

/// Why an intent took the course it took: what asked for it, who could have served it, who was asked
/// with how much time, and what came of it. Without what was said.
public struct Explanation: Sendable, Equatable {
  /// Steps and candidates kept per intent; later ones are left out.
  public static let stepsMax = 24
  public static let candidatesMax = 8
  /// Candidates noted per choice.
  static let candidatesPerChoice = 4

  /// A worker that could have begun at once.
  public struct Candidate: Sendable, Equatable {
    public var worker: String
    public var score: Int
    /// Requests it was busy with.
    public var load: Int
    public var latency: Duration?
  }

  public struct Step: Sendable, Equatable {
    public enum What: Sendable, Equatable {
      /// Waits in the realm's queue behind so many.
      case queued(realm: String, ahead: Int)
      /// The realm was passed over.
      case passedOver(realm: String, because: Refusal)
      /// The worker, who is asked for it with this budget; `isHedge`: beside another.
      case called(worker: String, budget: Duration, isHedge: Bool)
      case started(worker: String)
      case streamed(worker: String)
      case failed(WorkerFailure)
      /// Another worker was first, the intent was cancelled, or its time was up.
      case callCancelled(worker: String)
    }

    public var what: What
    /// Since submission.
    public var after: Duration
  }

  /// What was asked, without its payload.
  public var intent: Intent
  public var submitted: Instant
  /// The realm's workers know the model that was asked for, so that only those were asked.
  public var modelIsKnown: Bool
  /// At the first choice and at the following ones, the best first.
  public var candidates: [Candidate]
  public var steps: [Step]
  /// Nil: still under way. Without its payload.
  public var outcome: Outcome?
  public var took: Duration?

  public var budget: Duration { intent.deadline - submitted }
}
