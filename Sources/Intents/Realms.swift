// SPDX-License-Identifier: Apache-2.0
import Time

/// The orchestrator: takes intents, keeps them in their realms' queues, gives each to the best worker
/// that can still answer in time, and ends each exactly once, by its deadline.
///
/// Pure: what happens comes in as events with their instants, what is to be done goes out as actions.
/// The driver calls workers, probes them, keeps one timer and tells who asked. Costs O(log n) per event
/// in the number of intents and workers; allocates nothing per intent once its tables have grown.
public struct Realms: Sendable {
  /// What bounds it, and how workers are watched.
  public struct Limits: Sendable, Equatable {
    /// Intents under way in all realms, waiting or being served.
    public var intentsMax = 16_384
    public var realmsMax = 64
    public var workersMax = 256
    /// Explanations kept of intents that have ended.
    public var explanationsMax = 256
    /// A worker from which nothing was heard for so long is probed, with 20 % of jitter.
    public var probeInterval: Duration = .seconds(60)
    /// For the answer to a probe.
    public var probeBudget: Duration = .seconds(5)

    public init() {}
  }

  /// Longest budget; later deadlines are moved here.
  public static let budgetMax: Duration = .seconds(3600)
  static let budgetMaxNanoseconds = budgetMax.nanoseconds
  /// Calls for one intent, hedges included.
  public static let attemptsMax = Tried.max
  /// One hedge per so many first calls of a realm: 5 %.
  public static let callsPerHedge = 20
  /// Hedges that a quiet time may save up.
  public static let hedgesSavedMax = 5
  /// A second worker is not asked earlier, however fast the realm is.
  public static let hedgeDelayMin: Duration = .milliseconds(400)
  static let hedgeDelayMinNanoseconds = hedgeDelayMin.nanoseconds

  public let limits: Limits
  var random: SeededGenerator
  var realms: [RealmRecord] = []
  var realmByName: [String: Int] = [:]
  var workers: [WorkerRecord] = []
  var workerByName: [String: Int] = [:]
  var pools: [WorkerPool] = []
  /// Closed ones; a request may still be at work in one.
  var unusedPools: [Int] = []
  var flights: [Flight] = []
  var unusedFlights: [Int] = []
  var flightByID: [String: Int] = [:]
  var places = QueuePlaces()
  /// Flights by their next check, workers by theirs.
  var timers = SlotHeap<UInt64>()
  var timerPlaces: [Int32] = []
  var workerTimers = SlotHeap<UInt64>()
  var workerTimerPlaces: [Int32] = []
  /// Pools with something waiting and perhaps somebody to take it.
  var dirty: [Int] = []
  var aside: [Int32] = []
  var actions: [RealmsAction] = []
  var starts: UInt64 = 0
  var ended: EndedIntents
  /// The realm asked for last: mostly the next too.
  private var lastRealm = (name: "", index: -1)
  private var announced = Instant.distantFuture

  /// - Parameter seed: of the jitter and of the strategy `random`.
  public init(limits: Limits = Limits(), seed: UInt64) {
    self.limits = limits
    random = SeededGenerator(seed: seed)
    ended = EndedIntents(limit: limits.explanationsMax)
  }

  /// - Returns: what is to be done; its table is used again if the array is gone by the next call.
  public mutating func handle(_ event: RealmsEvent, at now: Instant) -> [RealmsAction] {
    actions.removeAll(keepingCapacity: true)
    if case .tick = event { announced = .distantFuture }
    advance(to: now)
    switch event {
    case .submitted(let intent): submit(intent, now)
    case .cancelled(let id, let cause): cancel(id, cause, now)
    case .started(let call): started(call, now)
    case .streamed(let call, let piece): streamed(call, piece, now)
    case .answered(let call, let payload): answered(call, payload, now)
    case .failed(let call, let failure): failed(call, failure, now)
    case .probed(let worker, let result): probed(worker, result, now)
    case .tick: break
    case .realm(let profile): set(profile, now)
    case .realmRemoved(let name): removeRealm(name, now)
    case .worker(let profile): set(profile, now)
    case .workerRemoved(let name): removeWorker(name, now)
    case .workerDrained(let name): drainWorker(name, now)
    case .probeWanted(let name): wantProbe(name, now)
    }
    pump(now)
    announce()
    return actions
  }

  /// Intents under way.
  public var count: Int { flightByID.count }

  /// When `tick` is wanted.
  public var nextWake: Instant? {
    let keys = [timers.firstKey, workerTimers.firstKey]
    return keys.compactMap { $0 }.min().map { Instant(nanoseconds: $0) }
  }

  private mutating func announce() {
    let next = min(timers.firstKey ?? .max, workerTimers.firstKey ?? .max)
    guard next < announced.nanoseconds else { return }
    announced = Instant(nanoseconds: next)
    actions.append(.wake(announced))
  }

  // MARK: Beginning and end of an intent

  private mutating func submit(_ intent: Intent, _ now: Instant) {
    guard let home = realm(named: intent.realm) else {
      return actions.append(.settle(id: intent.id, .rejected(.unknownRealm(intent.realm))))
    }
    let slot = open()
    if let earlier = flightByID.updateValue(slot, forKey: intent.id) {
      flightByID[intent.id] = earlier
      unusedFlights.append(slot)
      return actions.append(.duplicate(id: intent.id))
    }
    flights[slot].begin(intent, home: home, at: now)
    if intent.deadline == .distantFuture {
      flights[slot].intent.deadline = now + realms[home].profile.budget
    }
    let latest = now.adding(nanoseconds: Self.budgetMaxNanoseconds)
    if flights[slot].intent.deadline > latest { flights[slot].intent.deadline = latest }
    realms[home].metrics.submitted += 1
    timers.insert(Int32(slot), flights[slot].intent.deadline.nanoseconds, &timerPlaces)
    if flights[slot].intent.deadline <= now {
      settle(slot, .expired(stage: "submission"), now)
    } else if flightByID.count > limits.intentsMax {
      settle(slot, .rejected(.full(realm: "all realms", limit: limits.intentsMax)), now)
    } else {
      place(slot, now)
    }
  }

  private mutating func realm(named name: String) -> Int? {
    if lastRealm.name == name { return lastRealm.index }
    guard let index = realmByName[name] else { return nil }
    lastRealm = (name, index)
    return index
  }

  /// A realm has gone.
  mutating func forgetLastRealm() { lastRealm = ("", -1) }

  private mutating func open() -> Int {
    if let slot = unusedFlights.popLast() { return slot }
    flights.append(Flight(intent: .none))
    return flights.count - 1
  }

  /// Ends an intent: what waits is taken out, what is under way is given up.
  mutating func settle(_ slot: Int, _ outcome: Outcome, _ now: Instant) {
    if flights[slot].phase == .waiting { leaveQueue(slot) }
    if let call = flights[slot].hedge { cut(slot, call, now) }
    if let call = flights[slot].call { cut(slot, call, now) }
    timers.remove(Int32(slot), &timerPlaces)
    realms[flights[slot].home].metrics.count(outcome)
    actions.append(.settle(id: flights[slot].intent.id, outcome))
    flightByID[flights[slot].intent.id] = nil
    ended.exchange(&flights[slot], outcome, at: now)
    flights[slot].clear()
    unusedFlights.append(slot)
  }

  /// Gives up a call that is under way.
  mutating func cut(_ slot: Int, _ call: Flight.Call, _ now: Instant) {
    let worker = Int(call.worker)
    actions.append(.cancelCall(id(slot, call), worker: workers[worker].name))
    flights[slot].trace.note(.cancelled, reference(worker), at: now)
    if let service = workers[worker].service(pools[flights[slot].pool].realm) {
      workers[worker].services[service].wasSlow(now.nanoseconds(since: call.began))
    }
    release(worker, now)
  }

  private mutating func cancel(_ id: String, _ cause: Cancellation, _ now: Instant) {
    guard let slot = flightByID[id] else { return }
    settle(slot, .rejected(.cancelled(cause)), now)
  }

  func id(_ slot: Int, _ call: Flight.Call) -> CallID {
    CallID(flight: Int32(slot), generation: flights[slot].generation, attempt: call.attempt)
  }

  func reference(_ worker: Int) -> Trace.Reference {
    Trace.Reference(index: Int32(worker), generation: workers[worker].generation)
  }

  /// Sets a flight's timer to its next check.
  mutating func arm(_ slot: Int) {
    timers.update(Int32(slot), flights[slot].nextCheck.nanoseconds, &timerPlaces)
  }
}

/// What `Realms` knows of a realm.
struct RealmRecord: Sendable {
  var profile: RealmProfile
  var isRemoved = false
  /// The pool of all its workers.
  var all: Int
  /// Pools by the name of a model, a worker or a pool; a name that nobody knows leads to `all`.
  var lanes: [String: Int] = [:]
  var waiting = 0
  var metrics = RealmMetrics()
  /// From a call to the first piece of its answer, and to its end.
  var firstOutputs = Latencies()
  var latencies = Latencies()
  /// First calls since the last hedge, as far as they may be saved up.
  var hedgeCredit = 0

  /// Distinguishes the realms that have had this row.
  let generation: UInt32

  init(_ profile: RealmProfile, all: Int, generation: UInt32) {
    self.profile = profile
    self.all = all
    self.generation = generation
  }
}

/// Counts since the realm was added.
public struct RealmMetrics: Sendable, Equatable {
  public var submitted = 0
  public var completed = 0
  public var failed = 0
  public var rejected = 0
  public var expired = 0
  /// First calls of intents, second calls beside a slow one, and calls after one that failed.
  public var calls = 0
  public var hedges = 0
  public var failovers = 0
  /// Its intents that were given to another realm.
  public var backedUp = 0

  mutating func count(_ outcome: Outcome) {
    switch outcome {
    case .completed: completed += 1
    case .failed: failed += 1
    case .rejected: rejected += 1
    case .expired: expired += 1
    }
  }
}
