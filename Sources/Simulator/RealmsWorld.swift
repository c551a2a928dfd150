// SPDX-License-Identifier: Apache-2.0
import Intents
import Time

/// Users, workers with faults, and a driver around `Realms`, in virtual time from one seed; and who
/// watches that all promises are kept.
public struct RealmsWorld {
  /// What differs between the worlds of different seeds.
  public struct Plan: Sendable {
    var hasBackups = true
    var asksForModels = true
    var hasFaults = true
    /// Mean time between arrivals.
    var gap: Duration = .seconds(40)
    /// Arrivals of which one is a crowd.
    var crowdOneIn = 60
    /// Of each world that is played, in parts of what was asked for: a busy one takes longer.
    public var share = 1.0

    /// Every world is of one of these, by its seed.
    public static let all = [
      Plan(),
      Plan(hasBackups: false, asksForModels: false),
      Plan(hasBackups: false, asksForModels: false, hasFaults: false, crowdOneIn: 20),
      Plan(gap: .milliseconds(300), crowdOneIn: 500, share: 0.01),
      Plan(
        hasBackups: false, asksForModels: false, gap: .milliseconds(150), crowdOneIn: 500, share: 0.005),
    ]
  }

  /// What a worker is like at the moment.
  enum Mood: Sendable { case good, slow, mute, dead, erring, full }

  struct SimulatedWorker {
    var profile: WorkerProfile
    var usual: Duration
    var mood = Mood.good
    var since = Instant.zero
    var isThere = true
    var isDraining = false
    var inFlight = 0
    /// Calls in a row that it has failed since it is dead or was last thought alive, as far as they were
    /// still wanted.
    var failures = 0
  }

  enum Event {
    case arrival
    case wake
    case result(CallID, worker: Int, RealmsEvent, isLast: Bool)
    case probeResult(worker: String, ProbeResult)
    case mood(worker: Int)
    case cancel(String)
    case change
  }

  struct Asked {
    var intent: Intent
    var wasCalled = false
    var isWaiting = true
  }

  /// Nanoseconds that the driver may be late.
  static let lateMax: UInt64 = 20_000_000
  /// Failures after which a worker is known to be dead.
  static let failuresMax = 3

  public let plan: Plan
  private var machine: Realms
  private var now = Instant.zero
  public private(set) var violations: [String] = []
  public private(set) var outcomes: [String: Int] = [:]
  public private(set) var submitted = 0
  /// A checksum of all actions, in order: equal for equal courses.
  public private(set) var journal: UInt64 = 0
  public private(set) var settled = 0
  private var random: SeededGenerator
  private var workers: [SimulatedWorker]
  private var events = EventQueue<Event>()
  private var asked: [String: Asked] = [:]
  private var calls: [CallID: (worker: Int, intent: String)] = [:]
  private var fairness = FairnessMeter()
  private var wakeAt = Instant.distantFuture
  private var ending: CallID?

  public init(seed: UInt64, plan: Plan) {
    self.plan = plan
    random = SeededGenerator(seed: seed)
    var limits = Realms.Limits()
    limits.probeInterval = .seconds(300)
    machine = Realms(limits: limits, seed: seed)
    workers = [
      .init(profile: .init("c0", realms: ["$CHAT"], models: ["m"]), usual: .milliseconds(400)),
      .init(
        profile: .init("c1", realms: ["$CHAT"], models: ["m", "n"], slots: 2), usual: .milliseconds(500)),
      .init(profile: .init("c2", realms: ["$CHAT", "$VISION"], models: ["n"]), usual: .milliseconds(900)),
      .init(profile: .init("v0", realms: ["$VISION"], slots: 3), usual: .seconds(2)),
      .init(profile: .init("s0", realms: ["$SPEAK", "$SPARE"], slots: 2), usual: .milliseconds(100)),
      .init(profile: .init("s1", realms: ["$SPEAK", "$SPARE"]), usual: .milliseconds(150)),
    ]
    let backups = plan.hasBackups ? ["$SPARE"] : []
    handle(.realm(RealmProfile("$CHAT", queueMax: 100, backups: backups)))
    handle(.realm(RealmProfile("$VISION", queueMax: 16, strategy: .leastBusy, backups: backups)))
    handle(.realm(RealmProfile("$SPEAK", queueMax: 32, strategy: .auto)))
    handle(.realm(RealmProfile("$SPARE", queueMax: 8, strategy: .roundRobin)))
    for index in workers.indices {
      handle(.worker(workers[index].profile))
      events.add(.mood(worker: index), at: now + exponential(.seconds(3600)))
    }
    events.add(.arrival, at: now + exponential(plan.gap))
    if plan.hasFaults { events.add(.change, at: now + exponential(.seconds(7200))) }
  }

  public mutating func run(until end: Instant) {
    while violations.isEmpty, let next = events.next, next <= end, let event = events.pop() {
      now = next
      act(on: event)
    }
    now = end
  }

  /// Lets everything come to its end, and says what is left over.
  public mutating func finish() {
    let end = now + Realms.budgetMax
    while violations.isEmpty, let next = events.next, next <= end, machine.count > 0,
      let event = events.pop()
    {
      now = next
      if case .arrival = event { continue }
      act(on: event)
    }
    if !asked.isEmpty || machine.count > 0 { violate("\(asked.count) intents have no outcome") }
    if !calls.isEmpty { violate("\(calls.count) calls go on without an intent") }
    for realm in machine.realmReports { checkHedges(realm) }
  }

  private mutating func act(on event: Event) {
    switch event {
    case .arrival: arrive()
    case .wake: wake()
    case .result(let call, let worker, let result, let isLast):
      guard calls[call] != nil else { return }
      if isLast {
        note(result, of: call, worker)
        end(call, worker)
      }
      ending = isLast ? call : nil
      handle(result)
      ending = nil
    case .probeResult(let name, let result):
      if case .alive = result, let worker = workers.firstIndex(where: { $0.profile.name == name }) {
        // Perhaps sent before it died: it is worth a try.
        workers[worker].failures = 0
      }
      handle(.probed(worker: name, result))
    case .mood(let worker): changeMood(worker)
    case .cancel(let id): if asked[id] != nil { handle(.cancelled(id: id, .clientGone)) }
    case .change: change()
    }
  }

  private mutating func note(_ result: RealmsEvent, of call: CallID, _ worker: Int) {
    guard case .failed = result else { return workers[worker].failures = 0 }
    guard let id = calls[call]?.intent, let deadline = asked[id]?.intent.deadline, now < deadline else {
      return
    }
    workers[worker].failures += 1
  }

  // MARK: Users

  private mutating func arrive() {
    let isCrowd = Int.random(in: 0..<plan.crowdOneIn, using: &random) == 0
    for _ in 0..<(isCrowd ? Int.random(in: 10...150, using: &random) : 1) { submit() }
    events.add(.arrival, at: now + exponential(plan.gap))
  }

  private mutating func submit() {
    submitted += 1
    let realm = ["$CHAT", "$CHAT", "$CHAT", "$VISION", "$SPEAK"].randomElement(using: &random) ?? "$CHAT"
    let budget = Int64.random(in: 200...30_000, using: &random)
    let isModel = plan.asksForModels && Int.random(in: 0..<6, using: &random) == 0
    let priorities: [Intent.Priority] = [.low, .normal, .normal, .normal, .high, .urgent]
    let intent = Intent(
      id: "\(submitted)", realm: realm, payload: .text("x"),
      model: isModel ? ["m", "n", "c0", "unknown"].randomElement(using: &random) : nil,
      deadline: now + .milliseconds(budget), priority: priorities.randomElement(using: &random) ?? .normal,
      origin: .user, user: "user \(Int.random(in: 0..<8, using: &random))",
      isIdempotent: Int.random(in: 0..<10, using: &random) < 7)
    asked[intent.id] = Asked(intent: intent)
    if Int.random(in: 0..<30, using: &random) == 0 {
      events.add(.cancel(intent.id), at: now + .milliseconds(Int64.random(in: 0...budget, using: &random)))
    }
    handle(.submitted(intent))
    if isFairnessKnown, asked[intent.id].map({ !$0.wasCalled }) == true { fairness.waits(intent) }
  }

  // MARK: The driver

  private mutating func handle(_ event: RealmsEvent) {
    for action in machine.handle(event, at: now) {
      note(action)
      perform(action)
    }
  }

  private mutating func note(_ action: RealmsAction) {
    let who =
      switch action {
      case .call(_, let worker, let intent, _): "\(intent.id)\(worker)"
      case .settle(let id, _), .stream(let id, _), .duplicate(let id): id
      case .cancelCall(_, let worker), .probe(let worker, _), .released(let worker): worker
      case .wake, .changeRefused: ""
      }
    for byte in who.utf8 { journal = (journal &* 31 &+ UInt64(byte)) ^ now.nanoseconds >> 7 }
  }

  private mutating func wake() {
    guard now >= wakeAt else { return }
    wakeAt = .distantFuture
    handle(.tick)
  }

  private mutating func perform(_ action: RealmsAction) {
    switch action {
    case .call(let id, let worker, let intent, let budget): call(id, worker, intent, budget)
    case .cancelCall(let id, _):
      if let call = calls[id] { return end(id, call.worker) }
      // Its end is being told: the time was up first.
      if id != ending { violate("a call is cancelled that is not under way") }
    case .probe(let worker, let budget): probe(worker, budget)
    case .stream(let id, _): if asked[id] == nil { violate("a piece for \(id), which has ended") }
    case .settle(let id, let outcome): settle(id, outcome)
    case .wake(let instant):
      wakeAt = instant
      let isLate = Int.random(in: 0..<100, using: &random) == 0
      let late = isLate ? UInt64.random(in: 0...Self.lateMax, using: &random) : 0
      events.add(.wake, at: max(now, instant) + Duration(nanoseconds: Int64(late)))
    case .released, .changeRefused: break
    case .duplicate(let id): violate("\(id) is said to be there already")
    }
  }

  private mutating func settle(_ id: String, _ outcome: Outcome) {
    guard let entry = asked.removeValue(forKey: id) else { return violate("\(id) has two outcomes") }
    settled += 1
    fairness.ends(entry.intent)
    let latest = entry.intent.deadline + .milliseconds(50)
    if now > latest {
      violate("\(id) ends \((now - entry.intent.deadline).milliseconds) ms after its deadline")
    }
    if calls.values.contains(where: { $0.intent == id }) {
      violate("\(id) has ended and a call of it goes on")
    }
    switch outcome {
    case .completed: outcomes["completed", default: 0] += 1
    case .failed(_, let errors):
      if errors.isEmpty { violate("\(id) failed without an error of a worker") }
      outcomes["failed", default: 0] += 1
    case .rejected: outcomes["rejected", default: 0] += 1
    case .expired:
      if now < entry.intent.deadline { violate("\(id) expired before its deadline") }
      outcomes["expired", default: 0] += 1
    }
  }

  private mutating func call(_ id: CallID, _ name: String, _ intent: Intent, _ budget: Duration) {
    guard let entry = asked[intent.id], let worker = workers.firstIndex(where: { $0.profile.name == name })
    else { return violate("\(name) is asked for \(intent.id), which has ended") }
    if budget <= .zero { violate("\(name) is asked for \(intent.id) without any time") }
    if !workers[worker].isThere { violate("\(name) is asked for \(intent.id) and was removed") }
    if isFairnessKnown, let unfair = fairness.starts(intent, isFirst: !entry.wasCalled) { violate(unfair) }
    asked[intent.id]?.wasCalled = true
    workers[worker].inFlight += 1
    let slots = workers[worker].profile.slots ?? 1
    if workers[worker].inFlight > slots {
      violate("\(name) has \(workers[worker].inFlight) of \(slots) requests")
    }
    calls[id] = (worker, intent.id)
    checkDead(worker)
    answer(id, worker)
  }

  /// A dead worker gets what it takes to know that it is dead, then probes only, while there is another
  /// that has long been well and is not thought dead itself.
  private mutating func checkDead(_ worker: Int) {
    guard workers[worker].mood == .dead, workers[worker].failures >= Self.failuresMax else { return }
    let realms = Set(workers[worker].profile.realms)
    let isSpare = workers.contains { other in
      other.mood == .good && other.isThere && !other.isDraining && now - other.since > .seconds(400)
        && realms.isSubset(of: other.profile.realms) && other.profile.name != workers[worker].profile.name
        && Set(workers[worker].profile.models).isSubset(of: other.profile.models)
        && !isAway(other.profile.name)
    }
    guard isSpare, !plan.asksForModels else { return }
    violate("\(workers[worker].profile.name) is dead and still asked")
  }

  private func isAway(_ name: String) -> Bool {
    machine.workerReports(at: now).contains { $0.name == name && ($0.state == .away || $0.state == .trial) }
  }

  private mutating func end(_ id: CallID, _ worker: Int) {
    if calls.removeValue(forKey: id) != nil { workers[worker].inFlight -= 1 }
  }

  // MARK: Workers

  private mutating func answer(_ id: CallID, _ worker: Int) {
    let usual = workers[worker].usual
    let took = usual * Double.random(in: 0.5...1.2, using: &random) + exponential(usual / 5)
    switch workers[worker].mood {
    case .good: succeed(id, worker, took)
    case .slow: succeed(id, worker, took * 12)
    case .mute: break
    case .dead: fail(id, worker, .unreachable, .milliseconds(Int64.random(in: 1...800, using: &random)))
    case .erring:
      let kinds: [WorkerFailure.Kind] = [.broken, .malformed, .refused, .timeout]
      let kind = kinds.randomElement(using: &random) ?? .broken
      if Bool.random(using: &random) { fail(id, worker, kind, took) } else { succeed(id, worker, took) }
    case .full: fail(id, worker, .busy, .milliseconds(2))
    }
  }

  private mutating func succeed(_ id: CallID, _ worker: Int, _ took: Duration) {
    if Int.random(in: 0..<4, using: &random) == 0 {
      later(.started(id), id, worker, took * 0.1)
      later(.streamed(id, .text("a")), id, worker, took * 0.5)
      later(.streamed(id, .text("b")), id, worker, took * 0.9)
    }
    later(.answered(id, .text("ab")), id, worker, took, isLast: true)
  }

  private mutating func fail(_ id: CallID, _ worker: Int, _ kind: WorkerFailure.Kind, _ after: Duration) {
    let pause: Duration? = Bool.random(using: &random) ? .milliseconds(300) : nil
    let name = workers[worker].profile.name
    let failure = WorkerFailure(worker: name, kind, "simulated", retryAfter: kind == .busy ? pause : nil)
    later(.failed(id, failure), id, worker, after, isLast: true)
  }

  private mutating func later(
    _ event: RealmsEvent, _ id: CallID, _ worker: Int, _ after: Duration, isLast: Bool = false
  ) {
    events.add(.result(id, worker: worker, event, isLast: isLast), at: now + after)
  }

  private mutating func probe(_ name: String, _ budget: Duration) {
    guard let worker = workers.firstIndex(where: { $0.profile.name == name }) else { return }
    let result: ProbeResult
    var after = Duration.milliseconds(Int64.random(in: 1...300, using: &random))
    switch workers[worker].mood {
    case .good, .slow, .erring: result = .alive(Capabilities(models: [], slots: nil))
    case .full: result = .busy
    case .dead: result = .dead(WorkerFailure(worker: name, .unreachable, "simulated"))
    case .mute:
      result = .dead(WorkerFailure(worker: name, .timeout, "simulated"))
      after = budget
    }
    events.add(.probeResult(worker: name, result), at: now + after)
  }

  private mutating func changeMood(_ worker: Int) {
    let wasGood = workers[worker].mood == .good
    let bad: [Mood] = [.slow, .mute, .dead, .dead, .erring, .full]
    workers[worker].mood = wasGood && plan.hasFaults ? bad.randomElement(using: &random) ?? .dead : .good
    workers[worker].since = now
    workers[worker].failures = 0
    let mean: Duration = wasGood ? .seconds(400) : .seconds(7200)
    events.add(.mood(worker: worker), at: now + exponential(mean))
  }

  /// Somebody changes the configuration.
  private mutating func change() {
    let worker = Int.random(in: 0..<workers.count, using: &random)
    let name = workers[worker].profile.name
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where workers.count(where: \.isThere) > 3 && workers[worker].isThere:
      workers[worker].isThere = false
      handle(.workerRemoved(name))
    case 1 where workers[worker].isThere:
      workers[worker].isDraining = true
      handle(.workerDrained(name))
    case 2: handle(.realm(RealmProfile("$EXTRA \(worker)", pools: [PoolProfile("$P", members: [name])])))
    case 3: handle(.realmRemoved("$EXTRA \(worker)"))
    default:
      for index in workers.indices {
        if !workers[index].isThere { workers[index].failures = 0 }
        workers[index].isThere = true
        workers[index].isDraining = false
        workers[index].since = now
        handle(.worker(workers[index].profile))
      }
    }
    events.add(.change, at: now + exponential(.seconds(7200)))
  }

  // MARK: The watch

  /// From outside it can be seen who should be next: each realm has one queue.
  private var isFairnessKnown: Bool { !plan.hasBackups && !plan.asksForModels }

  private mutating func checkHedges(_ realm: RealmReport) {
    let (calls, hedges) = (realm.metrics.calls, realm.metrics.hedges)
    if hedges * Realms.callsPerHedge > calls { violate("\(realm.name): \(hedges) hedges of \(calls) calls") }
  }

  private mutating func violate(_ text: String) {
    if violations.count < 5 { violations.append("after \(now.nanoseconds / 1_000_000) ms: \(text)") }
  }

  private mutating func exponential(_ mean: Duration) -> Duration {
    // The sum of two geometric draws would do; a logarithm is not in the standard library.
    var rest = mean * Double.random(in: 0...1, using: &random)
    while Bool.random(using: &random) { rest += mean * 0.7 * Double.random(in: 0...1, using: &random) }
    return rest
  }
}
