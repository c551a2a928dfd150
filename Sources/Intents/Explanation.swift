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

  public var id = ""
  /// As asked for.
  public var realm = ""
  public var model: String?
  /// The realm's workers know the model, so that only those were asked.
  public var modelIsKnown = false
  public var origin = Intent.Origin.api
  public var user: String?
  public var parent: String?
  public var priority = Intent.Priority.normal
  public var budget = Duration.zero
  public var submitted = Instant.zero
  /// At the first choice and at the following ones, the best first.
  public var candidates: [Candidate] = []
  public var steps: [Step] = []
  /// Nil: still under way. Without its payload.
  public var outcome: Outcome?
  public var took: Duration?

  mutating func begin(_ intent: Intent, at now: Instant) {
    id = intent.id
    realm = intent.realm
    model = intent.model
    modelIsKnown = false
    origin = intent.origin
    user = intent.user
    parent = intent.parent
    priority = intent.priority
    budget = intent.deadline - now
    submitted = now
    candidates.removeAll(keepingCapacity: true)
    steps.removeAll(keepingCapacity: true)
    outcome = nil
    took = nil
  }

  mutating func note(_ what: Step.What, at now: Instant) {
    if steps.count < Self.stepsMax { steps.append(Step(what: what, after: now - submitted)) }
  }

  mutating func end(_ outcome: Outcome, at now: Instant) {
    if case .completed(var completion) = outcome {
      completion.payload = Payload()
      self.outcome = .completed(completion)
    } else {
      self.outcome = outcome
    }
    took = now - submitted
  }
}

/// The explanations of the intents that ended last.
struct ExplanationRing: Sendable {
  let limit: Int
  private var ended: [Explanation] = []
  private var oldest = 0

  init(limit: Int) { self.limit = limit }

  /// Takes the explanation and gives one that is no longer needed, so that its tables are used again.
  mutating func exchange(_ explanation: inout Explanation) {
    if ended.count < limit {
      ended.append(explanation)
      explanation = Explanation()
    } else if limit > 0 {
      swap(&explanation, &ended[oldest])
      oldest = (oldest + 1) % limit
    }
  }

  /// The latest of this id.
  func latest(_ id: String) -> Explanation? {
    (ended[oldest...] + ended[..<oldest]).last { $0.id == id }
  }
}
