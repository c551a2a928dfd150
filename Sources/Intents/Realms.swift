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
  /// Calls for one intent, hedges included.
  public static let attemptsMax = Tried.max
  /// One hedge per so many first calls of a realm: 5 %.
  public static let callsPerHedge = 20
  /// Hedges that a quiet time may save up.
  public static let hedgesSavedMax = 5
  /// A second worker is not asked earlier, however fast the realm is.
  public static let hedgeDelayMin: Duration = .milliseconds(400)

  public let limits: Limits
  var random: SeededGenerator
  var realms: [RealmRecord] = []
  var realmByName: [String: Int] = [:]
  var workers: [WorkerRecord] = []
  var workerByName: [String: Int] = [:]
  var pools: [WorkerPool] = []
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
  var ended: ExplanationRing
  private var announced = Instant.distantFuture

  /// - Parameter seed: of the jitter and of the strategy `random`.
  public init(limits: Limits = Limits(), seed: UInt64) {
    self.limits = limits
    random = SeededGenerator(seed: seed)
    ended = ExplanationRing(limit: limits.explanationsMax)
  }

  /// - Returns: what is to be done; its table is used again if the array is gone by the next call.
  public mutating func handle(_ event: RealmsEvent, at now: Instant) -> [RealmsAction] {
    actions.removeAll(keepingCapacity: true)
    if event == .tick { announced = .distantFuture }
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

  private mutating func submit(_ given: Intent, _ now: Instant) {
    if flightByID[given.id] != nil { return actions.append(.duplicate(id: given.id)) }
    guard let home = realmByName[given.realm] else { return refuse(given, .unknownRealm(given.realm)) }
    if flightByID.count >= limits.intentsMax {
      realms[home].metrics.submitted += 1
      realms[home].metrics.rejected += 1
      return refuse(given, .full(realm: "all realms", limit: limits.intentsMax))
    }
    let slot = open()
    var intent = given
    if intent.deadline == .distantFuture { intent.deadline = now + realms[home].profile.budget }
    intent.deadline = min(intent.deadline, now + Self.budgetMax)
    flights[slot].begin(intent, home: home, at: now)
    flightByID[intent.id] = slot
    realms[home].metrics.submitted += 1
    timers.insert(Int32(slot), intent.deadline.nanoseconds, &timerPlaces)
    if intent.deadline <= now { return settle(slot, .expired(stage: "submission"), now) }
    place(slot, now)
  }

  /// Ends an intent that was never taken.
  private mutating func refuse(_ intent: Intent, _ refusal: Refusal) {
    actions.append(.settle(id: intent.id, .rejected(refusal)))
  }

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
    flights[slot].explanation.end(outcome, at: now)
    ended.exchange(&flights[slot].explanation)
    actions.append(.settle(id: flights[slot].intent.id, outcome))
    flightByID[flights[slot].intent.id] = nil
    flights[slot].clear()
    unusedFlights.append(slot)
  }

  /// Gives up a call that is under way.
  mutating func cut(_ slot: Int, _ call: Flight.Call, _ now: Instant) {
    let worker = Int(call.worker)
    actions.append(.cancelCall(id(slot, call), worker: workers[worker].name))
    flights[slot].explanation.note(.callCancelled(worker: workers[worker].name), at: now)
    if let service = workers[worker].service(pools[flights[slot].pool].realm) {
      workers[worker].services[service].wasSlow(now - call.began)
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

  init(_ profile: RealmProfile, all: Int) {
    self.profile = profile
    self.all = all
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
