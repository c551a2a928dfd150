// SPDX-License-Identifier: Apache-2.0
import Time

/// Who serves an intent: its realm or one behind it, now or when a place is free.
extension Realms {
  private enum Admission {
    case start(pool: Int, worker: Int32)
    case wait(pool: Int, ahead: Int)
    case refused(Refusal)
  }

  /// Requests at the head of a queue that are passed over when those who could begin have failed them.
  private static let asideMax = 4

  /// Finds a place for a flight from its realm of the chain on, or ends it.
  mutating func place(_ slot: Int, _ now: Instant) {
    let chain = 1 + realms[flights[slot].home].profile.backups.count
    var refusal: Refusal?
    for index in flights[slot].chainIndex..<chain {
      guard let realm = realm(slot, index) else { continue }
      switch admit(slot, realm, now) {
      case .start(let pool, let worker):
        enter(slot, pool, index)
        return start(slot, worker, now)
      case .wait(let pool, let ahead):
        enter(slot, pool, index)
        return enqueue(slot, ahead, now)
      case .refused(let reason):
        refusal = refusal ?? reason
        let number = Int64(flights[slot].trace.refusals.count)
        flights[slot].trace.refusals.append(reason)
        flights[slot].trace.note(.passedOver, realmReference(realm), number, at: now)
      }
    }
    if tryUnusable(slot, chain, now) { return }
    if flights[slot].trace.errors.isEmpty {
      settle(slot, .rejected(refusal ?? .noWorker(realm: flights[slot].intent.realm)), now)
    } else {
      fail(slot, now)
    }
  }

  /// Nobody is known to work, but somebody is there: the intent waits for a trial.
  private mutating func tryUnusable(_ slot: Int, _ chain: Int, _ now: Instant) -> Bool {
    for index in flights[slot].chainIndex..<chain {
      guard let realm = realm(slot, index), realms[realm].waiting < realms[realm].profile.queueMax
      else { continue }
      let pool = lane(realm, flights[slot].intent.model, now)
      guard pools[pool].usableCount == 0, hasPatient(pool) else { continue }
      enter(slot, pool, index)
      enqueue(slot, pools[pool].queue.count, now)
      return true
    }
    return false
  }

  /// Some member is not being drained.
  private func hasPatient(_ pool: Int) -> Bool {
    pools[pool].members.contains { !workers[Int($0)].isDraining }
  }

  private mutating func enter(_ slot: Int, _ pool: Int, _ index: Int) {
    flights[slot].pool = pool
    flights[slot].chainIndex = index
    flights[slot].topic = PoolTopic.index(of: flights[slot].intent.payload.text, in: pools[pool].topics)
    if index > 0 { realms[flights[slot].home].metrics.backedUp += 1 }
    flights[slot].trace.modelIsKnown = pools[pool].name != nil
  }

  /// The realm of a place in the chain; nil: there is none of that name.
  private func realm(_ slot: Int, _ index: Int) -> Int? {
    let home = flights[slot].home
    if index == 0 { return realms[home].isRemoved ? nil : home }
    return realmByName[realms[home].profile.backups[index - 1]]
  }

  private mutating func admit(_ slot: Int, _ realm: Int, _ now: Instant) -> Admission {
    let pool = lane(realm, flights[slot].intent.model, now)
    if pools[pool].usableCount == 0 { return .refused(.noWorker(realm: realms[realm].profile.name)) }
    if pools[pool].queue.isEmpty, pools[pool].hasReady {
      let topic = PoolTopic.index(of: flights[slot].intent.payload.text, in: pools[pool].topics)
      if let worker = pools[pool].select(topic: topic, tried: flights[slot].tried) {
        return .start(pool: pool, worker: worker)
      }
    }
    if realms[realm].waiting >= realms[realm].profile.queueMax {
      return .refused(.full(realm: realms[realm].profile.name, limit: realms[realm].profile.queueMax))
    }
    let budget = flights[slot].intent.deadline.nanoseconds(since: now)
    let queued = pools[pool].queue.count
    guard let longest = pools[pool].wait(behind: queued), longest > budget else {
      return .wait(pool: pool, ahead: queued)
    }
    let ahead = pools[pool].queue.ahead(of: flights[slot].intent, at: now)
    if let wait = pools[pool].wait(behind: ahead), wait > budget {
      return .refused(.tooLate(realm: realms[realm].profile.name, wait: .nanoseconds(wait)))
    }
    return .wait(pool: pool, ahead: ahead)
  }

  // MARK: The queue

  mutating func enqueue(_ slot: Int, _ ahead: Int, _ now: Instant) {
    let pool = flights[slot].pool
    flights[slot].phase = .waiting
    pools[pool].queue.insert(Int32(slot), flights[slot].intent, at: now, &places)
    realms[pools[pool].realm].waiting += 1
    flights[slot].trace.note(.queued, realmReference(pools[pool].realm), Int64(ahead), at: now)
    markDirty(pool)
  }

  private func realmReference(_ realm: Int) -> Trace.Reference {
    Trace.Reference(index: Int32(realm), generation: realms[realm].generation)
  }

  mutating func leaveQueue(_ slot: Int) {
    let pool = flights[slot].pool
    pools[pool].queue.remove(Int32(slot), &places)
    realms[pools[pool].realm].waiting -= 1
  }

  mutating func markDirty(_ pool: Int) {
    if !pools[pool].queue.isEmpty, !dirty.contains(pool) { dirty.append(pool) }
  }

  /// Starts what can be started: of pools that share workers the one with the highest priority first,
  /// among equals the one whose last start was longest ago; none is passed over for good.
  mutating func pump(_ now: Instant) {
    while !dirty.isEmpty {
      var best = 0
      for index in dirty.indices.dropFirst() where isBefore(dirty[index], dirty[best]) { best = index }
      let pool = dirty[best]
      if pumpOne(pool, now) {
        pools[pool].passes = 0
        for other in dirty where other != pool { pools[other].passes += 1 }
      } else {
        dirty.swapAt(best, dirty.count - 1)
        dirty.removeLast()
      }
    }
  }

  private func isBefore(_ one: Int, _ other: Int) -> Bool {
    let isPassedOver = (
      pools[one].passes >= RealmQueue.passesMax, pools[other].passes >= RealmQueue.passesMax
    )
    if isPassedOver.0 != isPassedOver.1 { return isPassedOver.0 }
    let levels = (pools[one].queue.nextLevel ?? -1, pools[other].queue.nextLevel ?? -1)
    return levels.0 == levels.1
      ? pools[one].lastStart < pools[other].lastStart : levels.0 > levels.1
  }

  /// Starts or ends one request of the pool.
  /// - Returns: false when nothing can be done.
  private mutating func pumpOne(_ pool: Int, _ now: Instant) -> Bool {
    if pools[pool].queue.isEmpty { return false }
    if !pools[pool].hasReady { return pools[pool].usableCount == 0 && tryLast(pool, now) }
    aside.removeAll(keepingCapacity: true)
    var hasProgress = false
    while !hasProgress, aside.count < Self.asideMax, let request = pools[pool].queue.first() {
      let slot = Int(request)
      let (topic, tried) = (flights[slot].topic, flights[slot].tried)
      if let worker = pools[pool].select(topic: topic, tried: tried) {
        pools[pool].queue.start(request, &places)
        realms[pools[pool].realm].waiting -= 1
        start(slot, worker, now)
        hasProgress = true
      } else if pools[pool].hasUntried(tried) {
        pools[pool].queue.remove(request, &places)
        aside.append(request)
      } else {
        fail(slot, now)
        hasProgress = true
      }
    }
    for request in aside {
      pools[pool].queue.insert(request, flights[Int(request)].intent, at: now, &places)
    }
    return hasProgress
  }

  /// Every worker is kept away from: the one that would be probed next gets a request as a trial.
  private mutating func tryLast(_ pool: Int, _ now: Instant) -> Bool {
    var best: (worker: Int, until: Instant)?
    for member in pools[pool].members.map(Int.init) {
      guard case .open(let until) = workers[member].breaker.state, !workers[member].isDraining,
        workers[member].inFlight == 0, workers[member].pausedUntil <= now
      else { continue }
      if until < best?.until ?? .distantFuture { best = (member, until) }
    }
    guard let best else { return false }
    workers[best.worker].breaker.tryEarly()
    refresh(best.worker, now)
    return true
  }

  // MARK: Calls

  /// Gives a flight to a worker that has a place for it.
  mutating func start(_ slot: Int, _ worker: Int32, isHedge: Bool = false, _ now: Instant) {
    let index = Int(worker)
    let pool = flights[slot].pool
    let realm = pools[pool].realm
    noteCandidates(slot)
    starts += 1
    pools[pool].lastStart = starts
    workers[index].lastStart = starts
    workers[index].inFlight += 1
    workers[index].probe?.wasBusy = true
    refresh(index, now)

    let call = Flight.Call(worker: worker, attempt: Int32(flights[slot].attempts), began: now)
    if isHedge {
      realms[realm].metrics.hedges += 1
      flights[slot].hedge = call
    } else {
      count(slot, realm)
      flights[slot].call = call
    }
    flights[slot].phase = .calling
    flights[slot].attempts += 1
    flights[slot].tried.insert(worker)
    if flights[slot].firstCall == nil { flights[slot].firstCall = now }
    if !isHedge { setChecks(slot, realm, now) }
    let budget = flights[slot].intent.deadline.nanoseconds(since: now)
    flights[slot].trace.note(isHedge ? .hedged : .called, reference(index), budget, at: now)
    actions.append(
      .call(
        id(slot, call), worker: workers[index].name, flights[slot].intent, budget: .nanoseconds(budget)))
  }

  private mutating func count(_ slot: Int, _ realm: Int) {
    if flights[slot].attempts > 0 {
      realms[realm].metrics.failovers += 1
    } else {
      realms[realm].metrics.calls += 1
      let saved = realms[realm].hedgeCredit + 1
      realms[realm].hedgeCredit = min(saved, Self.callsPerHedge * Self.hedgesSavedMax)
    }
  }

  /// When to look at the call: half of the time is for another worker, if there is one, unless answers
  /// usually take longer; and a second worker is asked when this one is slower than most.
  private mutating func setChecks(_ slot: Int, _ realm: Int, _ now: Instant) {
    let before = flights[slot].nextCheck
    (flights[slot].hedgeAt, flights[slot].limitAt) = (.distantFuture, .distantFuture)
    if flights[slot].intent.isIdempotent, flights[slot].attempts < Self.attemptsMax,
      pools[flights[slot].pool].hasUntried(flights[slot].tried)
    {
      let remaining = flights[slot].intent.deadline.nanoseconds(since: now)
      let p95 = realms[realm].firstOutputs.p95
      let limit = max(remaining / 2, 2 * (p95 ?? 0))
      if limit < remaining { flights[slot].limitAt = now.adding(nanoseconds: limit) }
      if let p95 {
        flights[slot].hedgeAt = now.adding(nanoseconds: max(p95, Self.hedgeDelayMinNanoseconds))
      }
    }
    if flights[slot].nextCheck != before { arm(slot) }
  }

  private mutating func noteCandidates(_ slot: Int) {
    let pool = flights[slot].pool
    let room = Explanation.candidatesMax - flights[slot].trace.candidates.count
    for position in 0..<min(room, Explanation.candidatesPerChoice, pools[pool].readyCount) {
      let worker = Int(pools[pool].candidate(position))
      flights[slot].trace.candidates.append(
        .init(
          who: reference(worker), score: Int16(workers[worker].health.score),
          load: Int16(workers[worker].inFlight), latency: workers[worker].latency(pools[pool].realm)))
    }
  }

  /// A worker's place is free again.
  mutating func release(_ worker: Int, _ now: Instant) {
    workers[worker].inFlight -= 1
    refresh(worker, now)
    for pool in workers[worker].pools { markDirty(pool) }
    if workers[worker].inFlight == 0, workers[worker].isDraining {
      actions.append(.released(worker: workers[worker].name))
    }
  }

  /// Tells a worker's pools what has become of it.
  mutating func refresh(_ worker: Int, _ now: Instant) {
    let isReady = workers[worker].isReady(at: now)
    let load = workers[worker].inFlight * 1000 / workers[worker].places
    let score = workers[worker].health.score
    for pool in workers[worker].pools {
      let service = workers[worker].service(pools[pool].realm)
      let latency = service.map { workers[worker].services[$0].latency } ?? 0
      let isFresh = service.map { workers[worker].services[$0].isFresh } ?? false
      let rate = Int(60_000_000_000_000 / max(1000, latency)) * workers[worker].places
      pools[pool].set(
        Int32(worker),
        .init(isUsable: workers[worker].isUsable, milliPerMinute: latency > 0 ? rate : nil, score: score))
      guard isReady else {
        pools[pool].setReady(Int32(worker), nil, &random)
        continue
      }
      let standing = Standing(
        score: score, load: load, speed: Strategy.speedClass(nanoseconds: isFresh ? latency : 0),
        lastStart: workers[worker].lastStart)
      pools[pool].setReady(Int32(worker), standing, &random)
    }
  }
}
