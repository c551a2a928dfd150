// SPDX-License-Identifier: Apache-2.0
import Automation
import Intents
import Log
import Loop
import Time

/// Executes what the rule engine decides: lines, speech, sounds, programs.
@LoopActor public final class Automations {
  private let lines: LineDriver
  /// For a reply that is late to tell why.
  static let tellingTime: Duration = .milliseconds(50)

  private let replies: Replies
  private let timeline: Timeline
  private let files: BlockingQueue
  private let loop = LoopActor.shared.loop
  private let log = Logger("automation")
  private var engine: RuleEngine
  /// Triggers of rules that name the time or the date.
  private var timed: Set<Trigger>
  /// A rule stands for a talk button.
  var onListen: (@LoopActor (Listening) -> Void)?
  /// A run has begun or ended.
  var onRun: (@LoopActor (Fact) -> Void)?
  private var timer: TimerToken?
  /// What each run belongs to.
  private var flights: [UInt64: Flight] = [:]
  /// Of which rule each run is.
  private var names: [UInt64: String] = [:]
  /// Steps that take time.
  private var tasks: [RuleEngine.RunID: Task<Void, any Error>] = [:]

  public init(rules: [Rule], lines: LineDriver, replies: Replies, timeline: Timeline, files: BlockingQueue) {
    engine = RuleEngine(rules)
    timed = Self.timed(rules)
    self.lines = lines
    self.replies = replies
    self.timeline = timeline
    self.files = files
  }

  /// Other rules from now on. Runs of the old ones end here; what they have begun to say is heard.
  public func replace(rules: [Rule]) {
    stop()
    for (run, flight) in flights.sorted(by: { $0.key < $1.key }) {
      flight.failure = "the configuration was changed"
      onRun?(.ruleEnded(names[run] ?? "", run: run, failure: flight.failure))
      flight.runs = []
      flight.waiter?.resume(returning: ())
    }
    (flights, names) = ([:], [:])
    engine = RuleEngine(rules)
    timed = Self.timed(rules)
  }

  private static func timed(_ rules: [Rule]) -> Set<Trigger> {
    let moment = Moment.slots
    return Set(rules.filter { $0.steps.contains { $0.filled(moment) != $0 } }.map(\.trigger))
  }

  public var running: [String] { engine.running }
  public func isAwaited(_ trigger: Trigger) -> Bool { engine.isAwaited(trigger) }

  /// Starts the rules of `trigger` and returns at once.
  public func fire(_ trigger: Trigger, exchange: Exchange) {
    begin(trigger, [:], Flight(exchange))
  }

  /// Starts the rules of `trigger` and waits for their ends: completed with what was said, failed
  /// with the first step that failed, rejected when the rule is still busy with an earlier trigger.
  ///
  /// Past the exchange's deadline only a reply that has begun to be heard is waited for. Steps go on
  /// by themselves; a step that is late makes the outcome `expired`, a `wait` does not.
  public func run(_ trigger: Trigger, slots: [String: String], exchange: Exchange) async -> Outcome {
    let flight = Flight(exchange)
    begin(trigger, slots, flight)
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
    while !flight.runs.isEmpty {
      do {
        try await loop.wait(on: "automation", until: limit) { flight.waiter = $0 }
        limit = flight.exchange.deadline
      } catch is DeadlineExceeded {
        guard let step = flight.step, !step.isWait else { return nil }
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

  /// Ends what takes time; the lines are the line driver's to put into their safe state.
  public func stop() {
    for task in tasks.values { task.cancel() }
    tasks = [:]
    if let timer = timer.take() { loop.cancel(timer) }
  }

  /// The time and the date are known to each rule that names them.
  private func begin(_ trigger: Trigger, _ slots: [String: String], _ flight: Flight) {
    flight.trigger = trigger
    let slots = timed.contains(trigger) ? Moment.slots.merging(slots) { _, own in own } : slots
    perform(engine.handle(.trigger(trigger, slots: slots), at: loop.now), flight)
  }

  /// `flight` is that of the trigger; actions of runs begun earlier know theirs.
  private func perform(_ actions: [RuleEngine.Action], _ flight: Flight? = nil) {
    for action in actions {
      switch action {
      case .perform(let step, let rule, let run):
        if let flight, flights[run.run] == nil {
          flights[run.run] = flight
          names[run.run] = rule
          flight.runs.insert(run.run)
          onRun?(.ruleStarted(rule, run: run.run, trigger: flight.trigger))
        }
        perform(step, rule, run)
      case .abandon(let step, let rule, let run):
        log.warning("\(rule): \(step.summary) took too long and was ended")
        tasks.removeValue(forKey: run)?.cancel()
      case .refused(let rule):
        log.once(
          "refused.\(rule)", level: .notice, every: .seconds(10),
          "\(rule): triggered again while it runs, ignored")
        flight?.isRefused = true
      case .finished(let rule, let run): end(run.run, of: rule)
      }
    }
    setTimer()
  }

  private func end(_ run: UInt64, of rule: String) {
    names[run] = nil
    guard let flight = flights.removeValue(forKey: run) else { return }
    onRun?(.ruleEnded(rule, run: run, failure: flight.failure))
    flight.runs.remove(run)
    if flight.runs.isEmpty { flight.waiter?.resume(returning: ()) }
  }

  private func setTimer() {
    if let timer { loop.cancel(timer) }
    timer = engine.nextDeadline.map { deadline in
      loop.at(deadline, name: "automation") { [unowned self] in perform(engine.advance(to: loop.now)) }
    }
  }

  private func perform(_ step: Step, _ rule: String, _ run: RuleEngine.RunID) {
    let flight = flights[run.run]
    flight?.begin(step)
    switch step {
    case .say(let text): inTask(run, rule, step) { [self] in try await say(text, flight) }
    case .play(let file): inTask(run, rule, step) { [self] in try await play(file, flight) }
    case .run(let argv, let timeout):
      told(step, flight)
      inTask(run, rule, step) { [self] in try await Command.run(argv, timeout: timeout, log: log) }
    case .log(let text): log.notice("\(rule): \(text)")
    case .listen(let listening): onListen?(listening)
    case .wait: break
    case .set, .toggle, .pulse, .blink, .pattern:
      if perform(step) { told(step, flight) } else { failed(step, rule, "no such line now", flight) }
    }
  }

  /// Steps about lines; false when the line is not to be had.
  private func perform(_ step: Step) -> Bool {
    switch step {
    case .set(let line, let on): lines.command(line, .set(on))
    case .toggle(let line): lines.command(line, .toggle)
    case .pulse(let line, let duration): lines.command(line, .pulse(duration))
    case .blink(let line, let on, let off, let count):
      lines.command(line, .blink(on: on, off: off, count: count))
    case .pattern(let line, let name):
      LinePattern(rawValue: name).map { lines.command(line, .pattern($0)) } ?? false
    case .say, .play, .run, .log, .wait, .listen: true
    }
  }

  private func inTask(
    _ run: RuleEngine.RunID, _ rule: String, _ step: Step,
    _ body: @escaping @Sendable @LoopActor () async throws -> Void
  ) {
    let flight = flights[run.run]
    tasks[run] = LoopActor.spawn("\(rule): \(step.summary)") { [self] in
      do { try await body() } catch is CancellationError {} catch {
        failed(step, rule, "\(error)", flight)
      }
      // Who cancelled it has no use for its end: by now the number may be that of another run.
      if Task.isCancelled { return }
      tasks[run] = nil
      perform(engine.handle(.stepEnded(run), at: loop.now))
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

  private func told(_ step: Step, _ flight: Flight?) {
    if let flight { timeline.emit(flight.exchange.entry(.action, step.summary)) }
  }

  private func failed(_ step: Step, _ rule: String, _ reason: String, _ flight: Flight?) {
    log.once("\(rule).\(step.summary)", every: .seconds(60), "\(rule): \(step.summary): \(reason)")
    // Who asked in writing reads the reply.
    if case .say = step, flight?.exchange.id == nil { return }
    if flight?.failure == nil { flight?.failure = "\(step.summary): \(reason)" }
  }

  /// The runs that one trigger has started.
  @LoopActor private final class Flight {
    let exchange: Exchange
    var trigger = Trigger.start
    var runs: Set<UInt64> = []
    var waiter: Waiter<Void>?
    var said: [String] = []
    var failure: String?
    var isRefused = false
    /// The one under way, or the last.
    private(set) var step: Step?
    /// A step took the time its author gave it: what is said after it has its own.
    private var hasPaused = false
    /// The first sample of a reply went to the loudspeaker.
    var isHeard = false

    init(_ exchange: Exchange) { self.exchange = exchange }

    /// Who waits for the end of a reply looks again at what is under way now.
    func begin(_ next: Step) {
      if let step, step.isSound { waiter?.resume(returning: ()) }
      if next.isWait || next.isProgram { hasPaused = true }
      step = next
    }

    /// The exchange's deadline holds for the first sample heard; a later reply has its own time.
    var replyDeadline: Instant {
      isHeard || hasPaused ? LoopActor.shared.loop.now + .seconds(10) : exchange.deadline
    }
  }
}

extension Step {
  fileprivate var isWait: Bool { if case .wait = self { true } else { false } }
  fileprivate var isProgram: Bool { if case .run = self { true } else { false } }
  /// It lasts until the last sample.
  fileprivate var isSound: Bool {
    switch self {
    case .say, .play: true
    default: false
    }
  }

  /// The step in a few words, for the timeline and the log.
  public var summary: String {
    switch self {
    case .set(let line, let on): "\(line) \(on ? "on" : "off")"
    case .toggle(let line): "toggle \(line)"
    case .pulse(let line, let duration): "pulse \(line) for \(duration)"
    case .blink(let line, _, _, let count): "blink \(line)\(count > 0 ? " \(count) times" : "")"
    case .pattern(let line, let name): "\(line) \(name)"
    case .say: "say"
    case .play(let file): "play \(file)"
    case .run(let argv, _): "run \(argv.first ?? "")"
    case .log: "log"
    case .wait(let duration): "wait \(duration)"
    case .listen(let listening): "listen \(listening.rawValue)"
    }
  }
}
