// SPDX-License-Identifier: Apache-2.0
import Time

/// What happens to `Realms`.
public enum RealmsEvent: Sendable, Equatable {
  /// A deadline of `.distantFuture` becomes the realm's budget from now on.
  case submitted(Intent)
  case cancelled(id: String, Cancellation)
  /// A worker has accepted a call.
  case started(CallID)
  /// A piece of its answer.
  case streamed(CallID, Payload)
  /// Its whole answer.
  case answered(CallID, Payload)
  case failed(CallID, WorkerFailure)
  case probed(worker: String, ProbeResult)
  /// The instant of a `wake` has come.
  case tick

  /// Adds a realm or changes the one of this name.
  case realm(RealmProfile)
  /// What waits for it is rejected; what is under way goes on.
  case realmRemoved(String)
  /// Adds a worker or changes the one of this name; its health, calls and latencies stay.
  case worker(WorkerProfile)
  /// Its calls are given up; what may be done twice goes to another worker.
  case workerRemoved(String)
  /// It finishes what it has and gets nothing more, until it is changed or removed.
  case workerDrained(String)
  /// It is to be probed now, whatever else it does.
  case probeWanted(worker: String)
}

/// What is to be done, in this order.
public enum RealmsAction: Sendable, Equatable {
  case call(CallID, worker: String, Intent, budget: Duration)
  case cancelCall(CallID, worker: String)
  case probe(worker: String, budget: Duration)
  /// A piece of the answer for who asked.
  case stream(id: String, Payload)
  /// The intent has ended.
  case settle(id: String, Outcome)
  /// `tick` is wanted then; earlier wishes are void.
  case wake(Instant)
  /// A drained or removed worker: nothing of it is under way any more.
  case released(worker: String)
  /// An intent of this id is under way already: the second was not taken, the first goes on.
  case duplicate(id: String)
  /// A change that cannot be made, and why.
  case changeRefused(String)
}

/// One attempt of one worker at one intent. Old ones are known as such.
public struct CallID: Sendable, Hashable {
  let flight: Int32
  let generation: UInt32
  let attempt: Int32
}
