// SPDX-License-Identifier: Apache-2.0
import Time

/// How an intent ended. It has exactly one, by its deadline and 50 ms.
public enum Outcome: Sendable, Equatable {
  case completed(Completion)
  /// Workers were asked; `errors` says what each of them did instead, in order.
  case failed(reason: String, errors: [WorkerFailure] = [])
  /// Nobody was asked, or is any more.
  case rejected(Refusal)
  /// The deadline came during `stage`.
  case expired(stage: String)

  /// Done without a worker.
  public static func completed(text: String) -> Outcome { .completed(Completion(payload: .text(text))) }
  public static func rejected(reason: String) -> Outcome { .rejected(.because(reason)) }
}

/// An answer and what it took.
public struct Completion: Sendable, Equatable {
  public var payload: Payload
  /// Who answered; empty: the runtime itself.
  public var worker: String
  public var timings: Timings
  /// Calls of workers, the one that answered included.
  public var attempts: Int

  public init(payload: Payload, worker: String = "", timings: Timings = Timings(), attempts: Int = 0) {
    self.payload = payload
    self.worker = worker
    self.timings = timings
    self.attempts = attempts
  }
}

/// Where the time went, from submission on.
public struct Timings: Sendable, Equatable {
  /// Until the first worker was asked.
  public var queued: Duration
  /// From there to the first piece of the answer; nil when it came in one.
  public var firstOutput: Duration?
  /// From the first call to the answer, further attempts included.
  public var served: Duration

  public init(queued: Duration = .zero, firstOutput: Duration? = nil, served: Duration = .zero) {
    self.queued = queued
    self.firstOutput = firstOutput
    self.served = served
  }

  public var total: Duration { queued + served }
}

/// Why an intent is not served.
public enum Refusal: Sendable, Equatable {
  /// The realm's queue, or the table of all intents, holds this many already.
  case full(realm: String, limit: Int)
  /// It could not begin before its deadline: the wait that is to be expected.
  case tooLate(realm: String, wait: Duration)
  /// No worker serves the realm, nor any of those behind it.
  case noWorker(realm: String)
  case unknownRealm(String)
  case duplicate(id: String)
  case cancelled(Cancellation)
  case because(String)
}

/// Who has no use for an answer any more.
public enum Cancellation: String, Sendable, Codable, CaseIterable {
  case user = "cancelled by its user"
  case clientGone = "its client has gone"
  case bargeIn = "interrupted by speech"
  case realmRemoved = "its realm was removed"
  case shutdown = "the program ends"
}

extension Refusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .full(let realm, let limit): "\(realm): \(limit) requests wait already, try again later"
    case .tooLate(let realm, let wait):
      "\(realm): it could begin in about \(Int(wait.milliseconds)) ms, after its deadline"
    case .noWorker(let realm): "\(realm): no worker serves it. Add one below 'workers'"
    case .unknownRealm(let realm): "no realm '\(realm)'"
    case .duplicate(let id): "an intent '\(id)' is under way already"
    case .cancelled(let cause): cause.rawValue
    case .because(let reason): reason
    }
  }
}
