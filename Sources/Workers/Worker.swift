// SPDX-License-Identifier: Apache-2.0
import Intents
import Loop
import Time

/// A service that can do a kind of work, whatever it speaks and wherever it runs: in this process, as a
/// child, in the local network, in a cloud, on another node. `@LoopActor` only.
///
/// A worker holds no queue, chooses nothing and tries nothing twice: `Intents.Realms` decides what is
/// asked of whom, for how long, and what its failures mean.
@LoopActor public protocol Worker: AnyObject {
  /// As the configuration calls it.
  var name: String { get }

  /// Asks for a sign of life and for what it can do.
  ///
  /// As cheap as its protocol allows: `describe`, `/health`, `/v1/models`, `/slots`, a connection.
  /// Returns by `deadline`; whether a silent worker is dead is decided by the caller.
  func probe(until deadline: Instant) async -> ProbeResult

  /// Begins to serve `request` and returns at once.
  ///
  /// `events` is called in the order of `WorkerEvent`'s cases and never before this method has
  /// returned; exactly one `ended` comes, by the request's deadline, and nothing after it.
  /// - Returns: the way to give the call up.
  func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall

  /// It gets nothing more to do: ends what it keeps running for it. Calls under way go on.
  func retire()
}

extension Worker {
  public func retire() {}
}

/// One intent, as it is put to one worker.
public struct WorkerRequest: Sendable {
  public var intent: Intent
  /// Of this attempt; not later than the intent's. What is left of it goes to the next hop as a
  /// relative budget in milliseconds, since clocks differ.
  public var deadline: Instant

  public init(_ intent: Intent, deadline: Instant) {
    self.intent = intent
    self.deadline = deadline
  }
}

/// What a worker does with a request, in this order.
public enum WorkerEvent: Sendable, Equatable {
  public typealias Handler = @LoopActor (WorkerEvent) -> Void

  /// It has accepted the request; optional, at most once.
  case started
  /// A piece of the answer, from workers that stream: any number. Its text continues that of the
  /// pieces before it; its media are further ones.
  case piece(Payload)
  /// The whole answer, pieces included, or why there is none.
  case ended(Result<Payload, WorkerFailure>)
}

/// A request under way.
@LoopActor public protocol WorkerCall: AnyObject {
  /// Gives it up: the worker is told as far as its protocol allows (mostly by closing the connection).
  /// No event comes any more. Does nothing after `ended`.
  func cancel()
}
