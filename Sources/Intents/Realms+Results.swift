// SPDX-License-Identifier: Apache-2.0
import Time

/// What workers make of their calls.
extension Realms {
  /// Longest time that a worker without room is left alone, whatever it asks for.
  static let pauseMax: Duration = .seconds(60)
  /// For one that does not say how long.
  static let pauseDefault: Duration = .milliseconds(500)
  /// A call that was given up after so many times the usual latency counts as a fault of its worker.
  static let overdueFactor: Int64 = 3
  /// The same where no usual latency is known.
  static let overdueUnknown: Duration = .seconds(1)

  mutating func started(_ id: CallID, _ now: Instant) {
    guard let (slot, call, isHedge) = find(id), !call.hasStarted else { return }
    if isHedge { flights[slot].hedge?.hasStarted = true } else { flights[slot].call?.hasStarted = true }
    flights[slot].trace.note(.started, reference(Int(call.worker)), at: now)
  }

  /// The first worker with something to say has the word: the other is given up.
  mutating func streamed(_ id: CallID, _ piece: Payload, _ now: Instant) {
    guard let (slot, call, isHedge) = find(id) else { return }
    if flights[slot].firstOutput == nil {
      flights[slot].firstOutput = now
      realms[pools[flights[slot].pool].realm].firstOutputs.add(now.nanoseconds(since: call.began))
      (flights[slot].hedgeAt, flights[slot].limitAt) = (.distantFuture, .distantFuture)
      arm(slot)
      keep(slot, call, isHedge, now)
      flights[slot].trace.note(.streamed, reference(Int(call.worker)), at: now)
    }
    actions.append(.stream(id: flights[slot].intent.id, piece))
  }

  mutating func answered(_ id: CallID, _ payload: Payload, _ now: Instant) {
    guard let (slot, call, isHedge) = find(id) else { return }
    let worker = Int(call.worker)
    let realm = pools[flights[slot].pool].realm
    let took = now.nanoseconds(since: call.began)
    realms[realm].latencies.add(took)
    if flights[slot].firstOutput == nil { realms[realm].firstOutputs.add(took) }
    workers[worker].answered += 1
    workers[worker].lastSign = now
    workers[worker].breaker.succeeded()
    workers[worker].health.alive(at: now)
    if let service = workers[worker].service(realm) { workers[worker].services[service].answered(took) }
    keep(slot, call, isHedge, now)
    flights[slot].call = nil
    release(worker, now)
    let first = flights[slot].firstCall ?? now
    let timings = Timings(
      queued: .nanoseconds(first.nanoseconds(since: flights[slot].trace.submitted)),
      firstOutput: flights[slot].firstOutput.map { .nanoseconds($0.nanoseconds(since: first)) },
      served: .nanoseconds(now.nanoseconds(since: first)))
    let completion = Completion(
      payload: payload, worker: workers[worker].name, timings: timings, attempts: flights[slot].attempts)
    settle(slot, .completed(completion), now)
  }

  mutating func failed(_ id: CallID, _ failure: WorkerFailure, _ now: Instant) {
    guard let (slot, call, isHedge) = find(id) else { return }
    let worker = Int(call.worker)
    blame(worker, failure, now)
    drop(slot, call, isHedge, now)
    let number = Int64(flights[slot].trace.errors.count)
    flights[slot].trace.errors.append(failure)
    flights[slot].trace.note(.failed, reference(worker), number, at: now)
    if flights[slot].call == nil { goOn(slot, after: failure, from: call.worker, now) }
  }

  /// A call did not give any output in its share of the time.
  mutating func overran(_ slot: Int, _ now: Instant) {
    guard let call = flights[slot].call else { return }
    let worker = workers[Int(call.worker)].name
    let waited = Int((now - call.began).milliseconds)
    actions.append(.cancelCall(id(slot, call), worker: worker))
    failed(id(slot, call), WorkerFailure(worker: worker, .timeout, "no output within \(waited) ms"), now)
  }

  /// The intent's time is up.
  mutating func expire(_ slot: Int, _ now: Instant) {
    let flight = flights[slot]
    for call in [flight.call, flight.hedge].compactMap({ $0 }) where isOverdue(slot, call, now) {
      let name = workers[Int(call.worker)].name
      blame(Int(call.worker), WorkerFailure(worker: name, .timeout, "no answer by the deadline"), now)
    }
    settle(slot, .expired(stage: stage(of: flight)), now)
  }

  /// No worker is left for the flight.
  mutating func fail(_ slot: Int, _ now: Instant) {
    let errors = flights[slot].trace.errors
    settle(slot, .failed(reason: errors.last.map { "\($0)" } ?? "nobody is left to ask", errors: errors), now)
  }

  /// Another try, as far as the failure, the intent and its time allow; else its end.
  private mutating func goOn(_ slot: Int, after failure: WorkerFailure, from worker: Int32, _ now: Instant) {
    (flights[slot].hedgeAt, flights[slot].limitAt) = (.distantFuture, .distantFuture)
    arm(slot)
    let mayRepeat = flights[slot].intent.isIdempotent || failure.kind.isBeforeWork
    guard mayRepeat, failure.kind != .refused, flights[slot].firstOutput == nil,
      flights[slot].attempts < Self.attemptsMax
    else { return fail(slot, now) }
    let pool = flights[slot].pool
    let pause = workers[Int(worker)].pausedUntil
    if failure.kind == .busy, pause < flights[slot].intent.deadline { flights[slot].tried.remove(worker) }
    if pools[pool].hasUntried(flights[slot].tried) { return enqueue(slot, 0, now) }
    flights[slot].chainIndex += 1
    place(slot, now)
  }

  /// The call among those under way, unless it is an old one.
  private func find(_ id: CallID) -> (slot: Int, call: Flight.Call, isHedge: Bool)? {
    let slot = Int(id.flight)
    guard flights.indices.contains(slot), flights[slot].generation == id.generation else { return nil }
    if let call = flights[slot].call, call.attempt == id.attempt { return (slot, call, false) }
    if let call = flights[slot].hedge, call.attempt == id.attempt { return (slot, call, true) }
    return nil
  }

  /// Gives up the other of two calls; this one is `call` from now on.
  private mutating func keep(_ slot: Int, _ call: Flight.Call, _ isHedge: Bool, _ now: Instant) {
    if let other = isHedge ? flights[slot].call : flights[slot].hedge { cut(slot, other, now) }
    if isHedge { flights[slot].call = flights[slot].hedge }
    flights[slot].hedge = nil
  }

  /// A call has ended; a second one that is still under way becomes the only one.
  private mutating func drop(_ slot: Int, _ call: Flight.Call, _ isHedge: Bool, _ now: Instant) {
    if !isHedge { flights[slot].call = flights[slot].hedge }
    flights[slot].hedge = nil
    release(Int(call.worker), now)
  }

  /// What a failure says about its worker.
  private mutating func blame(_ worker: Int, _ failure: WorkerFailure, _ now: Instant) {
    workers[worker].failed += 1
    if failure.kind.isFault {
      workers[worker].breaker.failed(at: now, &random)
      workers[worker].health.failed(failure.kind, at: now)
    } else {
      workers[worker].lastSign = now
    }
    if failure.kind == .busy || failure.retryAfter != nil {
      let pause = max(.milliseconds(50), min(Self.pauseMax, failure.retryAfter ?? Self.pauseDefault))
      workers[worker].pausedUntil = now + pause
    }
    armWorker(worker, now)
  }

  private func isOverdue(_ slot: Int, _ call: Flight.Call, _ now: Instant) -> Bool {
    let latency = workers[Int(call.worker)].latency(pools[flights[slot].pool].realm)
    let limit = latency > 0 ? latency * Self.overdueFactor : Self.overdueUnknown.nanoseconds
    return now.nanoseconds(since: call.began) >= limit
  }

  private func stage(of flight: Flight) -> String {
    let realm = realms[pools[flight.pool].realm].profile.name
    guard let call = flight.call else { return flight.attempts == 0 ? "queue of \(realm)" : "second try" }
    let name = workers[Int(call.worker)].name
    if flight.firstOutput != nil { return "answer of \(name)" }
    return call.hasStarted ? "work of \(name)" : "call of \(name)"
  }
}
