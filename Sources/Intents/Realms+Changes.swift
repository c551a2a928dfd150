// SPDX-License-Identifier: Apache-2.0
import Time

/// Realms and workers that come, change and go while intents are under way.
extension Realms {
  /// Names of models that a realm remembers, known or not.
  static let lanesMax = 256

  // MARK: Realms

  mutating func set(_ profile: RealmProfile, _ now: Instant) {
    let realm: Int
    if let known = realmByName[profile.name] {
      realm = known
      realms[realm].profile = profile
      pools[realms[realm].all].strategy = profile.strategy
    } else if let new = addRealm(profile) {
      realm = new
    } else {
      let text = "realm \(profile.name): there are \(limits.realmsMax) realms already"
      return actions.append(.changeRefused(text))
    }
    setPools(realm, now)
    for worker in workers.indices where workers[worker].profile.realms.contains(profile.name) {
      if !workers[worker].isRemoved { join(worker, now) }
    }
  }

  private mutating func addRealm(_ profile: RealmProfile) -> Int? {
    let free = realms.indices.first { index in
      realms[index].isRemoved && !flights.contains { $0.phase != .free && isOf($0, realm: index) }
    }
    if free == nil, realms.count >= limits.realmsMax { return nil }
    let realm = free ?? realms.count
    let all = openPool(WorkerPool(realm: realm, name: nil, strategy: profile.strategy))
    if let free {
      realms[free] = RealmRecord(profile, all: all, generation: realms[free].generation &+ 1)
    } else {
      realms.append(RealmRecord(profile, all: all, generation: 0))
    }
    realmByName[profile.name] = realm
    return realm
  }

  private func isOf(_ flight: Flight, realm: Int) -> Bool {
    flight.home == realm || (flight.attempts > 0 && pools[flight.pool].realm == realm)
  }

  /// Named pools as the profile has them; those that it no longer has leave their requests to the realm.
  private mutating func setPools(_ realm: Int, _ now: Instant) {
    forgetUnknown(realm)
    let wanted = realms[realm].profile.pools
    for name in lanes(realm) where name.hasPrefix("$") && !wanted.contains(where: { $0.name == name }) {
      closeLane(realm, name, now)
    }
    for profile in wanted {
      let name = profile.name
      let pool =
        realms[realm].lanes[name]
        ?? openPool(WorkerPool(realm: realm, name: name, strategy: profile.strategy))
      realms[realm].lanes[name] = pool
      pools[pool].strategy = profile.strategy
      for worker in pools[pool].members where !profile.members.contains(workers[Int(worker)].name) {
        leave(Int(worker), pool)
      }
      setTopics(pool, profile)
    }
  }

  /// What the pool's own profile names, then the words of its members' profiles.
  private mutating func setTopics(_ pool: Int, _ profile: PoolProfile?) {
    let named = (profile?.topics ?? []).map { topic in
      PoolTopic(
        keywords: topic.keywords,
        members: topic.members.compactMap { workerByName[$0].map(Int32.init) }
          .filter { pools[pool].contains($0) })
    }
    var experts: [String: [Int32]] = [:]
    for member in pools[pool].members.sorted() {
      for word in workers[Int(member)].profile.topics { experts[word, default: []].append(member) }
    }
    let words = experts.sorted { $0.key < $1.key }
    pools[pool].topics = named + words.map { PoolTopic(keywords: [$0.key], members: $0.value) }
  }

  mutating func removeRealm(_ name: String, _ now: Instant) {
    guard let realm = realmByName.removeValue(forKey: name) else {
      return actions.append(.changeRefused("no realm '\(name)'"))
    }
    realms[realm].isRemoved = true
    forgetLastRealm()
    for slot in flights.indices where flights[slot].phase == .waiting {
      if pools[flights[slot].pool].realm == realm {
        settle(slot, .rejected(.cancelled(.realmRemoved)), now)
      }
    }
    for worker in workers.indices { leave(worker, realm: realm) }
    unusedPools += Set(realms[realm].lanes.values).union([realms[realm].all]).sorted()
    realms[realm].lanes = [:]
  }

  // MARK: Workers

  mutating func set(_ profile: WorkerProfile, _ now: Instant) {
    if let worker = workerByName[profile.name] {
      let left = Set(workers[worker].profile.realms).subtracting(profile.realms)
      for realm in left.sorted().compactMap({ realmByName[$0] }) { leave(worker, realm: realm) }
      workers[worker].profile = profile
      workers[worker].isDraining = false
      return settleIn(worker, now)
    }
    guard let worker = addWorker(profile) else {
      let text = "worker \(profile.name): there are \(limits.workersMax) workers already"
      return actions.append(.changeRefused(text))
    }
    workers[worker].probeAt = now
    settleIn(worker, now)
  }

  private mutating func addWorker(_ profile: WorkerProfile) -> Int? {
    let free = workers.indices.first { workers[$0].isRemoved && workers[$0].inFlight == 0 }
    if free == nil, workers.count >= limits.workersMax { return nil }
    let worker = free ?? workers.count
    if let free {
      workers[free] = WorkerRecord(profile, generation: workers[free].generation &+ 1)
    } else {
      workers.append(WorkerRecord(profile, generation: 0))
    }
    workerByName[profile.name] = worker
    return worker
  }

  private mutating func settleIn(_ worker: Int, _ now: Instant) {
    join(worker, now)
    armWorker(worker, now)
  }

  /// A probe has told what a worker can do.
  mutating func learn(_ worker: Int, _ capabilities: Capabilities, _ now: Instant) {
    guard workers[worker].capabilities != capabilities else { return }
    workers[worker].capabilities = capabilities
    join(worker, now)
  }

  mutating func drainWorker(_ name: String, _ now: Instant) {
    guard let worker = workerByName[name] else {
      return actions.append(.changeRefused("no worker '\(name)'"))
    }
    workers[worker].isDraining = true
    workers[worker].probe = nil
    refresh(worker, now)
    armWorker(worker, now)
    if workers[worker].inFlight == 0 { actions.append(.released(worker: name)) }
  }

  mutating func removeWorker(_ name: String, _ now: Instant) {
    guard let worker = workerByName.removeValue(forKey: name) else {
      return actions.append(.changeRefused("no worker '\(name)'"))
    }
    workers[worker].isDraining = true
    workers[worker].isRemoved = true
    workers[worker].probe = nil
    armWorker(worker, now)
    let wasIdle = workers[worker].inFlight == 0
    for pool in workers[worker].pools { leave(worker, pool) }
    for slot in flights.indices where flights[slot].phase == .calling {
      giveUp(slot, of: worker, name, now)
    }
    if wasIdle { actions.append(.released(worker: name)) }
    for realm in realms.indices { closeEmptyLanes(realm, now) }
  }

  private mutating func giveUp(_ slot: Int, of worker: Int, _ name: String, _ now: Instant) {
    for call in [flights[slot].hedge, flights[slot].call].compactMap({ $0 })
    where Int(call.worker) == worker {
      actions.append(.cancelCall(id(slot, call), worker: name))
      failed(id(slot, call), WorkerFailure(worker: name, .broken, "it was removed"), now)
    }
  }

  // MARK: Who belongs where

  /// The pool of a realm that serves a model: its own if the realm's workers know it, else all of them.
  mutating func lane(_ realm: Int, _ model: String?, _ now: Instant) -> Int {
    guard let model else { return realms[realm].all }
    if let known = realms[realm].lanes[model] {
      return pools[known].members.isEmpty ? realms[realm].all : known
    }
    let all = realms[realm].all
    let able = pools[all].members.filter { workers[Int($0)].hasModel(model) }
    if realms[realm].lanes.count >= Self.lanesMax {
      forgetUnknown(realm)
      if realms[realm].lanes.count >= Self.lanesMax { return all }
    }
    if able.isEmpty {
      realms[realm].lanes[model] = all
      return all
    }
    let pool = openPool(WorkerPool(realm: realm, name: model, strategy: realms[realm].profile.strategy))
    realms[realm].lanes[model] = pool
    for worker in able {
      enter(Int(worker), pool)
      refresh(Int(worker), now)
    }
    return pool
  }

  /// A worker takes its seats in all pools that it belongs to, and leaves those that it does not.
  private mutating func join(_ worker: Int, _ now: Instant) {
    for name in workers[worker].profile.realms {
      guard let realm = realmByName[name] else { continue }
      if workers[worker].service(realm) == nil { workers[worker].services.append(.init(realm: realm)) }
      forgetUnknown(realm)
      enter(worker, realms[realm].all)
      for name in lanes(realm) {
        guard let pool = realms[realm].lanes[name] else { continue }
        if belongs(worker, realm, name) { enter(worker, pool) } else { leave(worker, pool) }
      }
      setTopics(realms[realm].all, nil)
      for profile in realms[realm].profile.pools {
        if let pool = realms[realm].lanes[profile.name] { setTopics(pool, profile) }
      }
    }
    refresh(worker, now)
    for pool in workers[worker].pools { markDirty(pool) }
  }

  private func belongs(_ worker: Int, _ realm: Int, _ lane: String) -> Bool {
    if let profile = realms[realm].profile.pools.first(where: { $0.name == lane }) {
      return profile.members.contains(workers[worker].name)
    }
    return workers[worker].hasModel(lane)
  }

  private mutating func enter(_ worker: Int, _ pool: Int) {
    guard !pools[pool].contains(Int32(worker)) else { return }
    pools[pool].add(Int32(worker))
    workers[worker].pools.append(pool)
  }

  private mutating func leave(_ worker: Int, _ pool: Int) {
    pools[pool].remove(Int32(worker))
    for topic in pools[pool].topics.indices { pools[pool].topics[topic].members.removeAll { $0 == worker } }
    workers[worker].pools.removeAll { $0 == pool }
  }

  private mutating func leave(_ worker: Int, realm: Int) {
    for pool in workers[worker].pools where pools[pool].realm == realm { leave(worker, pool) }
    workers[worker].services.removeAll { $0.realm == realm }
  }

  /// In an order that is the same in each run.
  private func lanes(_ realm: Int) -> [String] { realms[realm].lanes.keys.sorted() }

  /// Names that led to all workers may be known from now on.
  private mutating func forgetUnknown(_ realm: Int) {
    let all = realms[realm].all
    realms[realm].lanes = realms[realm].lanes.filter { $0.value != all }
  }

  private mutating func closeEmptyLanes(_ realm: Int, _ now: Instant) {
    forgetUnknown(realm)
    for name in lanes(realm) where !name.hasPrefix("$") {
      if let pool = realms[realm].lanes[name], pools[pool].members.isEmpty { closeLane(realm, name, now) }
    }
    let all = realms[realm].all
    if pools[all].members.isEmpty { leaveWaiting(all, now) }
  }

  /// Requests that wait for a pool which is gone look for another place.
  private mutating func closeLane(_ realm: Int, _ name: String, _ now: Instant) {
    guard let pool = realms[realm].lanes.removeValue(forKey: name) else { return }
    for worker in pools[pool].members { leave(Int(worker), pool) }
    leaveWaiting(pool, now)
    unusedPools.append(pool)
  }

  private mutating func leaveWaiting(_ pool: Int, _ now: Instant) {
    for slot in flights.indices where flights[slot].phase == .waiting && flights[slot].pool == pool {
      leaveQueue(slot)
      flights[slot].phase = .calling
      place(slot, now)
    }
  }

  /// In the place of one that is closed and that the last of its requests has left.
  private mutating func openPool(_ pool: WorkerPool) -> Int {
    let free = unusedPools.indices.last { index in
      !flights.contains { $0.phase != .free && $0.pool == unusedPools[index] }
    }
    guard let free else {
      pools.append(pool)
      return pools.count - 1
    }
    let index = unusedPools.remove(at: free)
    pools[index] = pool
    return index
  }
}
