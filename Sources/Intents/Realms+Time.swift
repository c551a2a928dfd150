// SPDX-License-Identifier: Apache-2.0
import Time

/// What is due: deadlines, second calls, probes, ends of pauses.
extension Realms {
  /// A driver that does not report a probe's end this long after its deadline: the worker is silent.
  static let probeGrace: Duration = .seconds(1)
  /// After an unanswered probe of a worker that is not kept away from yet.
  static let probeAgain: Duration = .seconds(2)

  mutating func advance(to now: Instant) {
    while let due = timers.firstKey, due <= now.nanoseconds, let slot = timers.first {
      check(Int(slot), now)
    }
    while let due = workerTimers.firstKey, due <= now.nanoseconds, let worker = workerTimers.first {
      checkWorker(Int(worker), now)
    }
  }

  private mutating func check(_ slot: Int, _ now: Instant) {
    if flights[slot].intent.deadline <= now { return expire(slot, now) }
    if flights[slot].limitAt <= now {
      flights[slot].limitAt = .distantFuture
      arm(slot)
      return overran(slot, now)
    }
    flights[slot].hedgeAt = .distantFuture
    arm(slot)
    hedge(slot, now)
  }

  /// Asks a second worker, if one is idle, there is time for its answer, and not too many were asked so.
  private mutating func hedge(_ slot: Int, _ now: Instant) {
    let pool = flights[slot].pool
    let realm = pools[pool].realm
    guard flights[slot].call != nil, flights[slot].hedge == nil, flights[slot].firstOutput == nil,
      realms[realm].hedgeCredit >= Self.callsPerHedge, pools[pool].queue.isEmpty,
      flights[slot].attempts < Self.attemptsMax,
      now.adding(nanoseconds: realms[realm].firstOutputs.median ?? 0) <= flights[slot].intent.deadline,
      let worker = pools[pool].select(topic: flights[slot].topic, tried: flights[slot].tried)
    else { return }
    realms[realm].hedgeCredit -= Self.callsPerHedge
    start(slot, worker, isHedge: true, now)
  }

  // MARK: Workers

  private mutating func checkWorker(_ worker: Int, _ now: Instant) {
    let name = workers[worker].name
    if let probe = workers[worker].probe {
      if now >= probe.deadline + Self.probeGrace {
        probed(name, .dead(WorkerFailure(worker: name, .timeout, "no answer to a probe")), now)
      }
      return armWorker(worker, now)
    }
    if workers[worker].isDraining { return armWorker(worker, now) }
    if workers[worker].pausedUntil <= now {
      refresh(worker, now)
      for pool in workers[worker].pools { markDirty(pool) }
    }
    if isProbeDue(worker, now) { probe(worker, now) }
    armWorker(worker, now)
  }

  private mutating func isProbeDue(_ worker: Int, _ now: Instant) -> Bool {
    if case .open(let until) = workers[worker].breaker.state { return until <= now }
    guard workers[worker].probeAt <= now else { return false }
    let interval = probeInterval(worker)
    let isQuiet = workers[worker].lastSign + interval / 2 <= now
    if workers[worker].inFlight == 0, isQuiet || workers[worker].lastSign == .zero { return true }
    workers[worker].probeAt = now + jittered(interval)
    return false
  }

  private func probeInterval(_ worker: Int) -> Duration {
    workers[worker].profile.probeInterval ?? limits.probeInterval
  }

  /// Somebody wants to know now.
  mutating func wantProbe(_ name: String, _ now: Instant) {
    guard let worker = workerByName[name] else {
      return actions.append(.changeRefused("no worker '\(name)'"))
    }
    if workers[worker].probe == nil { probe(worker, now) }
    armWorker(worker, now)
  }

  private mutating func probe(_ worker: Int, _ now: Instant) {
    workers[worker].probe = .init(
      deadline: now + limits.probeBudget, wasBusy: workers[worker].inFlight > 0)
    actions.append(.probe(worker: workers[worker].name, budget: limits.probeBudget))
  }

  mutating func probed(_ name: String, _ result: ProbeResult, _ now: Instant) {
    guard let worker = workerByName[name], let probe = workers[worker].probe else { return }
    workers[worker].probe = nil
    switch result {
    case .alive(let capabilities):
      alive(worker, now)
      learn(worker, capabilities, now)
    case .busy:
      alive(worker, now)
      workers[worker].pausedUntil = max(workers[worker].pausedUntil, now + Self.pauseDefault)
    case .dead(let failure):
      let isExcused = (probe.wasBusy || workers[worker].inFlight > 0) && workers[worker].breaker.isUsable
      workers[worker].probeAt = now + jittered(isExcused ? probeInterval(worker) : Self.probeAgain)
      if !isExcused {
        workers[worker].breaker.probeFailed(at: now, &random)
        workers[worker].health.failed(failure.kind, at: now)
      }
    }
    refresh(worker, now)
    for pool in workers[worker].pools { markDirty(pool) }
    armWorker(worker, now)
  }

  private mutating func alive(_ worker: Int, _ now: Instant) {
    workers[worker].breaker.probeSucceeded()
    workers[worker].health.alive(at: now)
    workers[worker].lastSign = now
    workers[worker].probeAt = now + jittered(probeInterval(worker))
    for service in workers[worker].services.indices { workers[worker].services[service].isFresh = false }
  }

  private mutating func jittered(_ duration: Duration) -> Duration {
    duration * Double.random(in: 0.8...1.2, using: &random)
  }

  /// Sets a worker's timer to what is to be looked at next.
  mutating func armWorker(_ worker: Int, _ now: Instant) {
    let slot = Int32(worker)
    guard let next = nextCheck(worker, now) else {
      if workerTimers.contains(slot, workerTimerPlaces) { workerTimers.remove(slot, &workerTimerPlaces) }
      return
    }
    if workerTimers.contains(slot, workerTimerPlaces) {
      workerTimers.update(slot, next.nanoseconds, &workerTimerPlaces)
    } else {
      workerTimers.insert(slot, next.nanoseconds, &workerTimerPlaces)
    }
  }

  private func nextCheck(_ worker: Int, _ now: Instant) -> Instant? {
    let record = workers[worker]
    if record.isRemoved { return nil }
    if let probe = record.probe { return probe.deadline + Self.probeGrace }
    if record.isDraining { return nil }
    let routine: Instant
    if case .open(let until) = record.breaker.state { routine = until } else { routine = record.probeAt }
    return record.pausedUntil > now ? min(routine, record.pausedUntil) : routine
  }
}
