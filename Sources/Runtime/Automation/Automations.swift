// SPDX-License-Identifier: Apache-2.0
import Automation
import HTTPClient
import Intents
import JSON
import Log
import Loop
import Store
import Time

/// Joins the automations' engine with the world: its facts and checkpoints go to the store, its effects to
/// lines, speech, sounds, programs, realms and the network, and what these report goes back to it.
@LoopActor public final class Automations {
  /// For a reply that is late to tell why.
  static let tellingTime: Duration = .milliseconds(50)
  /// Triggers that wait until the runs of the last start are read; more are refused.
  static let waitingMax = 256

  private let lines: LineDriver
  private let replies: Replies
  private let timeline: Timeline
  private let files: BlockingQueue
  private let store: Store?
  private let loop = LoopActor.shared.loop
  private let log = Logger("automation")
  private var engine: Engine
  /// A rule stands for a talk button.
  var onListen: (@LoopActor (Listening) -> Void)?
  /// Serves a step `ask`; nil: there are no realms.
  var ask: (@LoopActor (Intent) async -> Outcome)?
  /// Something was put into the outbox for a channel.
  var onOwed: (@LoopActor (_ channel: String) -> Void)?
  /// What `notify` has to know of a channel.
  var channels: [String: OutboxItem] = [:]
  private var timer: (token: TimerToken, deadline: Instant)?
  private var clock: ClockWatch?
  /// What each run belongs to.
  private var flights: [UInt64: Flight] = [:]
  /// Steps that take time.
  private var tasks: [StepID: Task<Void, any Error>] = [:]
  /// Effects that wait for their commit, each with the line that it drives; empty: none.
  private var uncommitted: [StepID: String] = [:]
  /// Events to be handled after the turn under way.
  private var events: [(event: Engine.Event, flight: Flight?)] = []
  /// How many of them the turn under way has brought: they go before those that waited for it.
  private var brought = 0
  private var isHandling = false
  private var isStarted = false
  private var isStopped = false
  private var onStarted: Waiter<Void>?

  public init(
    rules: [Rule], zone: TimeZone, lines: LineDriver, replies: Replies, timeline: Timeline,
    files: BlockingQueue, store: Store?
  ) {
    engine = Engine(rules, zone: zone, boot: "\(BootID.current())", at: .now)
    self.lines = lines
    self.replies = replies
    self.timeline = timeline
    self.files = files
    self.store = store
  }

  // MARK: Beginning and end

  /// Takes over what the last start has left and begins. Triggers may be given before; they wait.
  func start() {
    if engine.needsWallClock { watchClock() }
    guard let store else { return begin([]) }
    LoopActor.spawn("automations") { [self] in
      var left: [Turn.Checkpoint] = []
      do {
        left = try await checkpoints(of: store)
      } catch {
        log.error("what automations were doing before the start cannot be read: \(error)")
      }
      if !isStopped { begin(left) }
    }
  }

  private func checkpoints(of store: Store) async throws -> [Turn.Checkpoint] {
    try await store.checkpoints(prefix: Engine.keyPrefix).map { checkpoint in
      let body = try? JSONText.value(checkpoint.body)
      return Turn.Checkpoint(key: checkpoint.key, body: body?.objectValue ?? [:])
    }
  }

  private func begin(_ left: [Turn.Checkpoint]) {
    isStarted = true
    isHandling = true
    let now = Stamp.now
    execute(engine.start(left, at: now), nil, at: now)
    isHandling = false
    drain()
    onStarted.take()?.resume(returning: ())
  }

  /// Returns when what came before the beginning has been handled, or it takes too long.
  func hasBegun(within limit: Duration) async {
    if isStarted { return }
    try? await loop.wait(on: "automations: beginning", until: loop.now + limit) { onStarted = $0 }
  }

  private func watchClock() {
    if clock != nil { return }
    do {
      clock = try ClockWatch { [unowned self] in handle(.time) }
    } catch { log.error("a clock that is set will be noticed late: \(error)") }
  }

  /// Other rules from now on, at the time of `zone`. Runs of rules that stay go on; those of others end
  /// here, but what they have begun to say is heard.
  public func replace(rules: [Rule], zone: TimeZone) {
    isHandling = true
    let now = Stamp.now
    execute(engine.replace(rules, zone: zone, at: now), nil, at: now)
    isHandling = false
    drain()
    if engine.needsWallClock { watchClock() }
  }

  /// Ends what takes time; the lines are the line driver's to put into their safe state. Durable runs
  /// go on at the next start.
  public func stop() {
    handle(.happened(.shutdown))
    isStopped = true
    for task in tasks.values { task.cancel() }
    tasks = [:]
    clock?.stop()
    if let timer = timer.take() { loop.cancel(timer.token) }
  }

  // MARK: What happens

  public var running: [String] { engine.running }
  public func isAwaited(_ trigger: Trigger) -> Bool { engine.isAwaited(trigger) }
  public var reports: [RunReport] { engine.reports(at: .now) }

  /// Starts the rules of `trigger` and returns at once.
  public func fire(_ trigger: Trigger, _ data: JSONObject = [:], exchange: Exchange) {
    handle(.happened(trigger, data: data), Flight(exchange))
  }

  /// A moment that nobody waits for the end of.
  func happened(_ trigger: Trigger, _ data: JSONObject = [:]) {
    if engine.isAwaited(trigger) { handle(.happened(trigger, data: data)) }
  }

  /// What a value is now.
  func value(_ trigger: Trigger, _ value: JSONValue) { handle(.value(trigger, value)) }

  /// - Returns: false when there is no such run, or not one to which this can be done.
  func decide(_ run: UInt64, _ event: Engine.Event) -> Bool {
    let before = reports.filter { $0.run == run }
    if before.isEmpty { return false }
    handle(event)
    return reports.filter { $0.run == run } != before
  }

  /// Starts the rules of `trigger` and waits for their ends: completed with what was said, failed
  /// with the first step that failed, rejected when the rule is still busy with an earlier trigger.
  ///
  /// Past the exchange's deadline only a reply that has begun to be heard is waited for. Steps go on
  /// by themselves; a step that is late makes the outcome `expired`, a wait does not.
  public func run(_ trigger: Trigger, slots: [String: String], exchange: Exchange) async -> Outcome {
    let flight = Flight(exchange)
    handle(.happened(trigger, slots: slots), flight)
    if let late = await wait(for: flight), flight.failure == nil { return .expired(stage: late.summary) }
    if let failure = flight.failure { return .failed(reason: failure) }
    if flight.isRefused { return .rejected(reason: "that automation is still running") }
    return .completed(text: flight.said.joined(separator: " "))
  }

  /// Speaks what a service answered, as an automation's `say` would.
  public func reply(_ text: String, exchange: Exchange) async -> Outcome {
    do {
      try await say(text, Flight(exchange))
      return .completed(text: text)
    } catch { return .failed(reason: "say: \(error)") }
  }

  /// Waits for the flight's end; past its deadline only while its reply is heard.
  /// - Returns: the step that is late.
  private func wait(for flight: Flight) async -> Step? {
    var limit: Instant? = flight.exchange.deadline
    while !flight.isOver {
      do {
        try await loop.wait(on: "automation", until: limit) { flight.waiter = $0 }
        limit = flight.exchange.deadline
      } catch is DeadlineExceeded {
        guard let step = flight.step, isUnderWay(flight) else { return nil }
        guard step.isSound else { return step }
        if flight.isHeard {
          limit = nil
        } else if limit == flight.exchange.deadline {
          // It has the same deadline and can tell more.
          limit = loop.now + Self.tellingTime
        } else {
          return step
        }
      } catch { return nil }
    }
    return nil
  }

  /// Some effect of it is; else its runs only wait.
  private func isUnderWay(_ flight: Flight) -> Bool {
    tasks.keys.contains { flight.runs.contains($0.run) }
  }

  // MARK: Turns

  /// Hands an event to the engine and does what it decides; events that this brings come after it, before
  /// all that wait: a run that is over at once is not in the way of the next trigger.
  private func handle(_ event: Engine.Event, _ flight: Flight? = nil) {
    if isStopped { return }
    if !isStarted, events.count >= Self.waitingMax {
      return log.once("waiting", "too many triggers at start")
    }
    flight?.isWaiting = true
    guard isHandling else {
      events.append((event, flight))
      if isStarted { drain() }
      return
    }
    events.insert((event, flight), at: brought)
    brought += 1
  }

  private func drain() {
    if isHandling { return }
    isHandling = true
    defer { isHandling = false }
    if !events.isEmpty {
      // One moment for all of it: what these do at once is over before the clocks show another.
      let now = Stamp.now
      while !events.isEmpty {
        let (event, flight) = events.removeFirst()
        brought = 0
        flight?.isWaiting = false
        execute(engine.handle(event, at: now), flight, at: now)
        if let flight, flight.isOver { flight.waiter?.resume(returning: ()) }
      }
    }
    setTimer()
  }

  private func execute(_ turn: Turn, _ flight: Flight?, at now: Stamp) {
    var after: [Turn.Effect] = []
    for action in turn.actions {
      switch action {
      case .started(_, let run):
        if let flight, flights[run] == nil {
          flights[run] = flight
          flight.runs.insert(run)
        }
      case .perform(let effect):
        if store != nil, effect.isAfterCommit || isOvertaking(effect) {
          uncommitted[effect.id] = effect.step.line ?? ""
          after.append(effect)
        } else {
          perform(effect)
        }
      case .abandon(let id, let rule, let step): abandon(id, rule, step)
      case .refused(let rule, let reason):
        log.once(
          "refused.\(rule)", level: .notice, every: .seconds(10), "\(rule): triggered, but \(reason): ignored"
        )
        flight?.isRefused = true
      case .ended(_, let run, let failure): end(run, failure)
      }
    }
    commit(turn, at: now, then: after)
  }

  /// What a line is to do last is what it does last: an effect that waits for no commit does not come before
  /// an earlier one on the same line that does.
  private func isOvertaking(_ effect: Turn.Effect) -> Bool {
    if uncommitted.isEmpty { return false }
    guard let line = effect.step.line else { return false }
    return uncommitted.values.contains(line)
  }

  /// Effects that have to wait for it follow the commit, also one that failed: the store has told and
  /// counted what it could not store, and what is to be done is done all the same.
  private func commit(_ turn: Turn, at now: Stamp, then effects: [Turn.Effect]) {
    guard let store else { return }
    var writes: [Write] = []
    var isDurable = !turn.checkpoints.isEmpty || !effects.isEmpty
    for fact in turn.facts {
      isDurable = isDurable || fact.isDurable
      writes.append(.journal(JournalEntry(fact.kind, fact.body, at: now)))
    }
    for checkpoint in turn.checkpoints {
      let body = checkpoint.body.map { Self.bytes($0) }
      writes.append(.checkpoint(key: checkpoint.key, body: body))
    }
    if writes.isEmpty, effects.isEmpty { return }
    do throws(StoreError) {
      try store.commit(writes, isDurable ? .now : .soon) { [weak self] _ in self?.perform(committed: effects)
      }
    } catch {
      log.once("store", every: .seconds(60), "automations go on, but would not survive a restart: \(error)")
      perform(committed: effects)
    }
  }

  private func perform(committed effects: [Turn.Effect]) {
    if isStopped { return }
    for effect in effects where uncommitted.removeValue(forKey: effect.id) != nil { perform(effect) }
    drain()
  }

  /// Canonical, as rows of the journal are.
  private static func bytes(_ body: JSONObject) -> [UInt8] {
    var bytes: [UInt8] = []
    JSONWriter(JSONStyle(.compact, sortsKeys: true)).append(body, to: &bytes)
    return bytes
  }

  private func abandon(_ id: StepID, _ rule: String, _ step: Step) {
    uncommitted[id] = nil
    guard let task = tasks.removeValue(forKey: id) else { return }
    log.warning("\(rule): \(step.summary) was ended: it took too long, or the run was cancelled")
    task.cancel()
  }

  private func end(_ run: UInt64, _ failure: String?) {
    guard let flight = flights.removeValue(forKey: run) else { return }
    if flight.failure == nil { flight.failure = failure }
    flight.runs.remove(run)
    if flight.isOver { flight.waiter?.resume(returning: ()) }
  }

  private func setTimer() {
    let deadline = engine.nextDeadline
    if deadline == timer?.deadline { return }
    if let timer { loop.cancel(timer.token) }
    timer = deadline.map { deadline in
      let token = loop.at(deadline, name: "automation") { [unowned self] in
        timer = nil
        handle(.time)
      }
      return (token, deadline)
    }
  }

  // MARK: Effects

  private func perform(_ effect: Turn.Effect) {
    let flight = flights[effect.id.run]
    flight?.begin(effect.step)
    switch effect.step {
    case .say(let text): inTask(effect) { [self] in try await say(text, flight) }
    case .play(let file): inTask(effect) { [self] in try await play(file, flight) }
    case .run(let argv, let timeout):
      told(effect.step, flight)
      inTask(effect) { [self] in try await Command.run(argv, timeout: timeout, log: log) }
    case .ask(let question):
      flight?.pause()
      told(effect.step, flight)
      answer(effect) { [self] in try await answer(question, effect) }
    case .http(let request):
      flight?.pause()
      told(effect.step, flight)
      answer(effect) { try await WebRequest.send(request, key: effect.id.key) }
    case .notify(let channel, let text): notify(channel, text, effect)
    case .log(let text):
      log.notice("\(effect.rule): \(text)")
      report(effect, nil)
    case .listen(let listening):
      onListen?(listening)
      report(effect, nil)
    default:
      let isDone = drive(effect.step)
      if isDone { told(effect.step, flight) }
      report(effect, isDone ? nil : "no such line now")
    }
  }

  /// Steps about lines; false when the line is not to be had.
  private func drive(_ step: Step) -> Bool {
    switch step {
    case .set(let line, let on): lines.command(line, .set(on))
    case .toggle(let line): lines.command(line, .toggle)
    case .pulse(let line, let duration): lines.command(line, .pulse(duration))
    case .blink(let line, let on, let off, let count):
      lines.command(line, .blink(on: on, off: off, count: count))
    case .pattern(let line, let name):
      LinePattern(rawValue: name).map { lines.command(line, .pattern($0)) } ?? false
    // The engine keeps all others for itself.
    default: false
    }
  }

  private func report(_ effect: Turn.Effect, _ failure: String?) {
    if let failure { failed(effect, failure) }
    handle(.stepEnded(effect.id, failure.map { .failed($0) } ?? .done(.null)))
  }

  private func inTask(_ effect: Turn.Effect, _ body: @escaping @Sendable @LoopActor () async throws -> Void) {
    answer(effect) {
      try await body()
      return .null
    }
  }

  private func answer(
    _ effect: Turn.Effect, _ body: @escaping @Sendable @LoopActor () async throws -> JSONValue
  ) {
    let id = effect.id
    tasks[id] = LoopActor.spawn("\(effect.rule): \(effect.step.summary)") { [self] in
      let result: Engine.StepResult
      do {
        result = .done(try await body())
      } catch is CancellationError {
        result = .failed("cancelled")
      } catch {
        // Who asked in writing reads the reply.
        let isRead = effect.step.isSpoken && flights[id.run]?.exchange.id == nil
        failed(effect, "\(error)", counts: !isRead)
        result = isRead ? .done(.null) : .failed("\(error)")
      }
      // Who cancelled it has no use for its end.
      if Task.isCancelled { return }
      tasks[id] = nil
      handle(.stepEnded(id, result))
    }
  }

  private func say(_ text: String, _ flight: Flight?) async throws {
    let exchange = flight?.exchange
    flight?.said.append(text)
    let deadline = flight?.replyDeadline ?? loop.now + .seconds(10)
    _ = try await replies.say(text, deadline: deadline) { [timeline] at in
      flight?.isHeard = true
      if let exchange { timeline.emit(exchange.entry(.reply, text, at: at, isSpoken: true)) }
    }
  }

  private func play(_ file: String, _ flight: Flight?) async throws {
    let sound: Sound
    if let tone = Tones.named(file) {
      sound = tone
    } else {
      sound = try await files.run("read \(file)", until: loop.now + .seconds(5)) { try SoundFile.load(file) }
    }
    if let flight { timeline.emit(flight.exchange.entry(.action, "play \(file)")) }
    _ = try await replies.play(sound, deadline: flight?.replyDeadline ?? loop.now + .seconds(10)) { _ in
      flight?.isHeard = true
    }
  }

  private func answer(_ question: Step.Question, _ effect: Turn.Effect) async throws -> JSONValue {
    let intent = Intent(
      id: "run-\(effect.id.key)", realm: question.realm, payload: .text(question.text),
      deadline: loop.now + question.timeout, origin: .rule)
    let outcome = await ask?(intent)
    guard case .completed(let completion)? = outcome else {
      throw StepError(outcome?.text ?? "no realm is configured")
    }
    return .string(completion.payload.text)
  }

  /// Owed from now on: with the same key when it is done again.
  private func notify(_ channel: String, _ text: String, _ effect: Turn.Effect) {
    guard let store, var item = channels[channel] else {
      return report(effect, "messages need a channel below 'notifications', and the store")
    }
    let message: JSONObject = [
      "key": .string(effect.id.key), "rule": .string(effect.rule), "text": .string(text),
      "time": .integer(Stamp.now.wall / 1_000_000_000),
    ]
    item.created = Stamp.now.wall
    item.deadline = item.deadline.map { item.created + $0 }
    item.body = Self.bytes(message)
    do throws(StoreError) {
      try store.commit([.owe(item)], .now) { [weak self] result in
        if case .failure(let error) = result {
          self?.report(effect, "\(error)")
        } else {
          self?.report(effect, nil)
          self?.onOwed?(channel)
        }
      }
    } catch { report(effect, "\(error)") }
  }

  private func told(_ step: Step, _ flight: Flight?) {
    if let flight { timeline.emit(flight.exchange.entry(.action, step.summary)) }
  }

  /// - Parameter counts: it makes the run a failure.
  private func failed(_ effect: Turn.Effect, _ reason: String, counts: Bool = true) {
    let summary = effect.step.summary
    log.once("\(effect.rule).\(summary)", every: .seconds(60), "\(effect.rule): \(summary): \(reason)")
    if counts, let flight = flights[effect.id.run], flight.failure == nil {
      flight.failure = "\(summary): \(reason)"
    }
  }
}

/// Why a step was not done.
struct StepError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Step {
  fileprivate var isSpoken: Bool { if case .say = self { true } else { false } }
}
