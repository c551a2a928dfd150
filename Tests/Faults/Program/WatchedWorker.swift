// SPDX-License-Identifier: Apache-2.0
import Intents
import Loop
import Time
import Workers

/// Where what is seen goes to.
@LoopActor final class Ledger {
  var census = Census()
  let starvation: Starvation

  init(_ starvation: Starvation) { self.starvation = starvation }

  func ended(_ what: @autoclosure () -> String, deadline: Instant) {
    let now = LoopActor.shared.loop.now
    let late = now - deadline
    let isLate = late > Census.latenessMax
    census.ended(what(), late: late, starvation: isLate ? starvation.since(deadline) : .zero)
  }
}

/// A worker, watched whether it keeps what `Worker` promises.
@LoopActor final class WatchedWorker: Worker {
  let name: String
  private let inner: any Worker
  private let manner: Manner
  private let ledger: Ledger

  init(_ inner: any Worker, _ manner: Manner, _ ledger: Ledger) {
    name = inner.name
    self.inner = inner
    self.manner = manner
    self.ledger = ledger
  }

  func probe(until deadline: Instant) async -> ProbeResult {
    let result = await inner.probe(until: deadline)
    ledger.ended("a probe of '\(manner.name)'", deadline: deadline)
    return result
  }

  func retire() { inner.retire() }

  func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall {
    ledger.census.calls[manner.name, default: 0] += 1
    if manner.isFault { ledger.census.faults += 1 }
    let watch = Watch(manner.name, request.deadline, ledger, events)
    watch.call = inner.call(request) { watch.receive($0) }
    watch.hasReturned = true
    return watch
  }

  @LoopActor private final class Watch: WorkerCall {
    private let manner: String
    private let deadline: Instant
    private let ledger: Ledger
    private let events: WorkerEvent.Handler
    var call: (any WorkerCall)?
    var hasReturned = false
    private var hasStarted = false
    private var hasPiece = false
    private var isOver = false

    init(
      _ manner: String, _ deadline: Instant, _ ledger: Ledger, _ events: @escaping WorkerEvent.Handler
    ) {
      self.manner = manner
      self.deadline = deadline
      self.ledger = ledger
      self.events = events
      ledger.census.openCalls += 1
    }

    func receive(_ event: WorkerEvent) {
      ledger.census.check(hasReturned, "\(manner): an event before 'call' has returned")
      ledger.census.check(!isOver, "\(manner): an event after the end")
      switch event {
      case .started:
        ledger.census.check(!hasStarted && !hasPiece, "\(manner): 'started' twice or late")
        hasStarted = true
      case .piece: hasPiece = true
      case .ended:
        ledger.ended("a call of '\(manner)'", deadline: deadline)
        close()
      }
      events(event)
    }

    func cancel() {
      call?.cancel()
      close()
    }

    private func close() {
      if isOver { return }
      isOver = true
      call = nil
      ledger.census.openCalls -= 1
    }
  }
}
