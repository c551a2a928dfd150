// SPDX-License-Identifier: Apache-2.0
import CFaults
import Glibc
import HTTPClient
import HTTPTransport
import Intents
import Loop
import Posix
import Runtime
import TestSupport
import Time
import Workers

/// Intents of six realms to workers that misbehave, in turns with quiet, beside one realm that nobody
/// disturbs.
@LoopActor final class Campaign {
  /// Faults and quiet take so many turns.
  private static let turns = 8
  private static let quiet = Duration.seconds(3)
  private static let inFlightMax = 256
  /// Workers of a realm that are new each second.
  private static let newcomers = 5

  private let options: Options
  private let places: Places
  private let ledger: Ledger
  private let session = HTTPSession()
  private let orchestrator: Orchestrator
  private let bystander: Bystander
  private var random: SeededGenerator
  private let loop = LoopActor.shared.loop
  private var inFlight = 0
  private var workers: [[String]] = []
  private var workerCount = 0
  private var isDisturbing = false
  private var resources: [Resources] = []

  init(_ options: Options) async throws {
    self.options = options
    places = try await Places(options)
    ledger = Ledger(Starvation())
    random = SeededGenerator(seed: options.seed)
    orchestrator = Orchestrator(limits: Self.limits, seed: options.seed)
    bystander = try Bystander(orchestrator, places.steady, session, ledger)
    orchestrator.onRefusedChange = { [ledger] in ledger.census.check(false, "refused: \($0)") }
    for realm in Protocol.allCases { setRealm(realm) }
  }

  /// Workers come, are probed and go within seconds.
  private static var limits: Realms.Limits {
    var limits = Realms.Limits()
    limits.probeInterval = .seconds(1)
    limits.probeBudget = .milliseconds(600)
    return limits
  }

  private func setRealm(_ realm: Protocol) { orchestrator.set(RealmProfile(realm.rawValue, queueMax: 100)) }

  /// - Returns: the report's last words; true when every promise was kept.
  func run() async throws -> Bool {
    await loadAuthorities()
    watchStalls()
    bystander.start()
    let ticks = loop.every(.milliseconds(10), name: "intents") { [self] in tick() }
    let rounds = loop.every(.seconds(1), name: "workers") { [self] in if isDisturbing { renew() } }
    let events = loop.every(.milliseconds(400), name: "events") { [self] in if isDisturbing { disturb() } }
    try await loop.sleep(for: Self.quiet)
    for turn in 1...Self.turns {
      renew()
      (isDisturbing, bystander.isDisturbed) = (true, true)
      while ledger.census.faults < options.faults * turn / Self.turns {
        try await loop.sleep(for: .milliseconds(20))
      }
      isDisturbing = false
      try await calmDown()
      bystander.isDisturbed = false
      try await loop.sleep(for: Self.quiet)
      resources.append(Resources())
      say("\(ledger.census.faults) of \(options.faults)")
    }
    for timer in [ticks, rounds, events] { timer.cancel() }
    bystander.stop()
    try await calmDown()
    judgeResources()
    return Report(ledger.census, bystander, resources, options).write()
  }

  /// The first TLS connection of a session reads the machine's certificates, once a day.
  private func loadAuthorities() async {
    guard let url = try? HTTPURL(places.base(Manner(place: .plainToTLS, name: ""), health: "")) else {
      return
    }
    _ = try? await session.fetch(HTTPRequest(url), until: loop.now + .seconds(5))
    say(
      "loading libcurl and the first TLS connection held the loop for \(loop.stalls.longest.duration.rounded) ms"
    )
  }

  private func watchStalls() {
    loop.stalls.reportAbove = Census.stallMax
    loop.onStall = { [loop, ledger] name, held in
      ledger.census.stalled(name, held, starvation: ledger.starvation.since(loop.now - held))
    }
  }

  /// Until each intent has its outcome and each call its end.
  private func calmDown() async throws {
    for generation in workers { for name in generation { orchestrator.remove(worker: name) } }
    workers = []
    let deadline = loop.now + .seconds(5)
    while inFlight > 0 || ledger.census.openCalls > bystander.inFlight {
      guard loop.now < deadline else {
        ledger.census.check(false, "\(inFlight) intents without an outcome")
        return ledger.census.check(inFlight > 0, "\(ledger.census.openCalls) calls without an end")
      }
      try await loop.sleep(for: .milliseconds(5))
    }
  }

  private func judgeResources() {
    guard let first = resources.dropFirst().first, let last = resources.last else { return }
    for (kind, count) in last.descriptors where !kind.hasPrefix("socket") {
      ledger.census.check(
        count <= first.descriptors[kind, default: 0], "descriptors of '\(kind)': \(count) in the end")
    }
    let sockets = last.descriptors["socket:[]", default: 0]
    let allowed = session.limits.connectionsMax + 16
    ledger.census.check(sockets <= allowed, "\(sockets) sockets are open in the end")
    let grown = Int(last.heapBytes) - Int(first.heapBytes)
    ledger.census.check(grown <= Resources.growthMaxBytes, "the heap has grown by \(grown >> 10) KiB")
    ledger.census.check(
      last.processes <= first.processes, "\(last.processes) processes are there in the end: somebody was left"
    )
  }

  // MARK: Intents

  private func tick() {
    guard isDisturbing else { return }
    for _ in 0..<Int.random(in: 0...3, using: &random) where inFlight < Self.inFlightMax { submit() }
  }

  private func submit() {
    let realm = Protocol.allCases.randomElement(using: &random) ?? .openai
    let number = ledger.census.intents
    ledger.census.intents += 1
    let filler = Int.random(in: 0..<20, using: &random) == 0 ? Int.random(in: 1...60_000, using: &random) : 0
    let prompt = "intent \(number) \(random.next() % 1_000_000)" + String(repeating: "x", count: filler)
    let budget = Duration.milliseconds(Int64.random(in: 60...1200, using: &random))
    let intent = Intent(
      id: "i\(number)", realm: realm.rawValue, payload: .text(prompt), deadline: loop.now + budget,
      priority: Intent.Priority.allCases.randomElement(using: &random) ?? .normal, origin: .user,
      user: "user \(random.next() % 5)", isIdempotent: random.next() % 2 == 0)
    inFlight += 1
    let watch = IntentWatch(intent, realm, ledger)
    orchestrator.submit(intent, onPiece: { watch.receive($0) }) { [self] outcome in
      if watch.receive(outcome) { inFlight -= 1 }
    }
    if random.next() % 25 == 0 {
      _ = loop.after(budget * Double.random(in: 0...1, using: &random), name: "cancel") { [orchestrator] in
        orchestrator.cancel(intent.id, .user)
      }
    }
  }

  // MARK: Workers

  /// New workers come; those of two seconds ago go.
  private func renew() {
    _ = cf_children()
    workers.append([])
    for realm in Protocol.allCases {
      for _ in 0..<Self.newcomers { add(realm, realm.manners(places).randomElement(using: &random) ?? .good) }
      add(realm, .good)
    }
    if workers.count > 2 {
      for name in workers.removeFirst() {
        if random.next() % 2 == 0 { orchestrator.drain(worker: name) }
        orchestrator.remove(worker: name)
      }
    }
  }

  private func add(_ realm: Protocol, _ manner: Manner) {
    workerCount += 1
    let name = "w\(workerCount) \(manner.name)"
    let health = Manner.healths.randomElement(using: &random) ?? "ok"
    do {
      let worker = try realm.worker(name, manner, places, health: health, session)
      orchestrator.set(
        WatchedWorker(worker, manner, ledger),
        WorkerProfile(name, realms: [realm.rawValue], slots: realm.slots))
      workers[workers.count - 1].append(name)
    } catch { ledger.census.check(false, "\(error)") }
  }

  // MARK: Events

  private func disturb() {
    let pause = Duration.milliseconds(Int64.random(in: 100...1500, using: &random))
    do {
      switch Int.random(in: 0..<7, using: &random) {
      case 0: happens("kill -9") { places.kill(back: pause) }
      case 1: happens("process stopped") { places.stop(for: pause) }
      case 2: happens("clock jumps") { jump() }
      case 3: happens("realm removed and back") { replaceRealm() }
      case 4 where options.far != nil: try happens("name moves") { try places.move() }
      case 5 where options.far != nil: happens("cable pulled out") { places.pullCable(for: pause) }
      default: break
      }
    } catch { ledger.census.check(false, "an event could not be made: \(error)") }
  }

  private func happens(_ event: String, _ body: () throws -> Void) rethrows {
    ledger.census.events[event, default: 0] += 1
    ledger.census.faults += 1
    try body()
  }

  /// The wall clock, by up to ten years in both directions.
  private func jump() {
    let seconds = Int64.random(in: -315_000_000...315_000_000, using: &random)
    cf_set_wall_clock_offset(random.next() % 3 == 0 ? 0 : seconds)
  }

  private func replaceRealm() {
    let realm = Protocol.allCases.randomElement(using: &random) ?? .openai
    orchestrator.remove(realm: realm.rawValue)
    setRealm(realm)
  }
}

/// One intent: exactly one outcome, in time, and the right one.
@LoopActor private final class IntentWatch {
  private let id: String
  private let deadline: Instant
  private let prompt: String
  private let realm: Protocol
  private let ledger: Ledger
  private var streamed = ""
  private var outcomes = 0

  init(_ intent: Intent, _ realm: Protocol, _ ledger: Ledger) {
    (id, deadline, prompt) = (intent.id, intent.deadline, intent.payload.text)
    self.realm = realm
    self.ledger = ledger
  }

  func receive(_ piece: Payload) {
    ledger.census.check(outcomes == 0, "\(id): a piece after its outcome")
    streamed += piece.text
  }

  /// True for the first one.
  func receive(_ outcome: Outcome) -> Bool {
    outcomes += 1
    ledger.census.check(outcomes == 1, "\(id): a second outcome, \(outcome)")
    if outcomes > 1 { return false }
    ledger.census.outcomes[outcome.word, default: 0] += 1
    ledger.ended("an intent of \(realm.rawValue), \(outcome.word)", deadline: deadline)
    guard case .completed(let completion) = outcome else { return true }
    // Of a sound without a length nobody can tell whether it is all.
    let isUnknowable = realm == .speech && completion.worker.hasSuffix(" cut_plain")
    ledger.census.check(
      isUnknowable || realm.isRight(completion.payload, to: prompt),
      "\(id): '\(completion.worker)' gave a wrong answer: '\(completion.payload.text.prefix(80))'")
    ledger.census.check(
      streamed.isEmpty || streamed == completion.payload.text,
      "\(id): what was streamed is not the answer: '\(streamed.prefix(80))'")
    return true
  }
}

extension Outcome {
  fileprivate var word: String {
    switch self {
    case .completed: "completed"
    case .failed: "failed"
    case .rejected: "rejected"
    case .expired: "expired"
    }
  }
}

/// What this process holds.
struct Resources {
  /// The heap of the end may be larger than that after the second turn by so much, however many turns.
  static let growthMaxBytes = 256 << 10

  var descriptors = Descriptors.open(of: getpid())
  var heapBytes = cf_heap_bytes()
  /// Children, and theirs that have outlived them.
  var processes = cf_children()
}
