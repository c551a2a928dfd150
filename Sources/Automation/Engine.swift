// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// Runs automations: what happened, and the time → which rules → their steps.
///
/// A pure function of its events: it reads no clock, does nothing itself, and what it wants to survive a
/// restart it hands out as checkpoints. A run's checkpoint is written before its first effect, before an
/// effect that may be done once only, when it begins to wait, and with each answer; between these, what is
/// interrupted is done again, which for all other steps makes no difference.
public struct Engine: Sendable {
  /// Runs at a time, queued ones included; one more is refused.
  public static let runsMax = 256
  /// Moments of the clock that are made up for, per watch.
  public static let missedMax = 100
  /// A moment of the clock that is later than this was missed.
  public static let onTime: Duration = .seconds(60)
  /// The wall clock has jumped when it differs by more.
  static let jumpMin: Int64 = 1_000_000_000
  /// Starts of a rule with `at_most` that are kept over a restart: each is written with all others.
  public static let startsMax = 100
  /// Depth of `call` within `call`.
  public static let callsMax = 8
  /// Checkpoints of this prefix are the engine's.
  public static let keyPrefix = "automation/"

  public enum Event: Sendable, Equatable {
    /// A moment; `slots` are the words of a spoken command.
    case happened(Trigger, data: JSONObject = [:], slots: [String: String] = [:])
    /// What a value is now, changed or not.
    case value(Trigger, JSONValue)
    case stepEnded(StepID, StepResult)
    /// Somebody has agreed, or refused.
    case approved(run: UInt64, Bool)
    case cancelled(run: UInt64)
    /// A run that waits after a failure tries that step again.
    case retried(run: UInt64)
    /// Time has passed: at `nextDeadline` or later, and when the wall clock was set.
    case time
  }

  public enum StepResult: Sendable, Equatable {
    /// With what it brought, for `save:`.
    case done(JSONValue)
    case failed(String)
  }

  var rules: [Rule]
  var programs: [Program]
  var byTrigger: [Trigger: [Place]] = [:]
  var watches: [[WatchState]]
  var runs: [UInt64: Run] = [:]
  /// Runs of each rule, the oldest first.
  var byRule: [[UInt64]]
  /// Starts of rules with a rate, as long as they count.
  var starts: [[Deadline]]
  /// Values by `Trigger.root`.
  var values: [String: JSONObject] = [:]
  var zone: TimeZone
  var heap = DeadlineHeap<DeadlineKey>()
  var awaited: [Trigger: [StrandID]] = [:]
  var conditional: Set<StrandID> = []
  /// When conditions that read the clock are asked again; nil: nobody waits for one.
  var clockCheck: Instant?
  var ready: [StrandID] = []
  var dirty: Set<UInt64> = []
  var turn = Turn()
  var now: Stamp
  let boot: String
  var nextRun: UInt64 = 1
  /// Numbers below are stored as used.
  var reserved: UInt64 = 1
  var isStarted = false

  /// Names a watch of a rule.
  struct Place: Sendable, Hashable {
    var rule: Int
    var watch: Int
  }

  enum DeadlineKey: Sendable {
    case strand(StrandID)
    case hold(Place)
    case schedule(Place)
    case clock
  }

  /// - Parameters:
  ///   - boot: names this start of the kernel: the monotonic clock is the same as long as it is the same.
  public init(_ rules: [Rule], zone: TimeZone = .utc, boot: String = "", at now: Stamp) {
    self.rules = rules
    self.zone = zone
    self.boot = boot
    self.now = now
    programs = rules.map(Program.init)
    watches = rules.map { $0.watches.map { _ in WatchState() } }
    byRule = rules.map { _ in [] }
    starts = rules.map { _ in [] }
    index()
  }

  mutating func index() {
    byTrigger = [:]
    for (rule, item) in rules.enumerated() {
      for (watch, entry) in item.watches.enumerated() {
        guard let trigger = entry.trigger else { continue }
        byTrigger[trigger, default: []].append(Place(rule: rule, watch: watch))
      }
    }
  }

  /// When `time` is due; nil: nothing waits.
  public var nextDeadline: Instant? { heap.first?.at }
  /// Some rule or run waits for it.
  public func isAwaited(_ trigger: Trigger) -> Bool {
    byTrigger[trigger] != nil || awaited[trigger] != nil
  }
  /// Rules that run, by name, each run once.
  public var running: [String] {
    runs.values.filter { !$0.isQueued && !$0.isStuck }.sorted { $0.id < $1.id }.map(\.name)
  }
  /// Something depends on the wall clock, so that its jumps matter.
  public var needsWallClock: Bool {
    rules.contains { $0.watches.contains { $0.schedule != nil } } || programs.contains(where: \.awaitsClock)
      || runs.values.contains { run in
        run.strands.indices.contains { run.deadline($0)?.isProvisional == true }
      }
  }

  public mutating func handle(_ event: Event, at clocks: Stamp) -> Turn {
    setClocks(clocks)
    switch event {
    case .happened(let trigger, let data, let slots): happened(trigger, data, slots)
    case .value(let trigger, let value): changed(trigger, value)
    case .stepEnded(let id, let result): ended(id, result)
    case .approved(let run, let isYes): approve(run, isYes)
    case .cancelled(let run): cancel(run, "cancelled")
    case .retried(let run): retry(run)
    case .time: break
    }
    drain()
    passTime()
    return takeTurn()
  }

  mutating func takeTurn() -> Turn {
    if !dirty.isEmpty {
      for id in dirty.sorted() {
        guard var run = runs[id] else { continue }
        if !run.isStored {
          run.isStored = true
          runs[id] = run
        }
        turn.checkpoints.append(Turn.Checkpoint(key: run.key, body: stored(run.json)))
      }
      dirty.removeAll(keepingCapacity: true)
    }
    defer { turn = Turn() }
    return turn
  }

  /// What tells the monotonic clock of one boot from another's.
  func stored(_ body: JSONObject) -> JSONObject {
    var body = body
    body["boot"] = .string(boot)
    return body
  }

  // MARK: Events

  private mutating func happened(_ trigger: Trigger, _ data: JSONObject, _ slots: [String: String]) {
    for place in byTrigger[trigger] ?? [] {
      if rules[place.rule].watches[place.watch].hold != nil {
        hold(place, data, slots)
      } else {
        fire(place, data, slots)
      }
    }
    wake(trigger, data)
    checkConditions()
  }

  private mutating func changed(_ trigger: Trigger, _ value: JSONValue) {
    guard let root = trigger.root else { return }
    let before = values[root.name]?[root.member]
    values[root.name, default: [:]][root.member] = value
    for place in byTrigger[trigger] ?? [] { watch(place, value, isFirst: before == nil) }
    if let before, before != value { wake(trigger, ["value": value]) }
    if before != value { checkConditions() }
  }

  /// Runs that wait for this very trigger.
  private mutating func wake(_ trigger: Trigger, _ data: JSONObject) {
    if awaited.isEmpty { return }
    guard let waiting = awaited.removeValue(forKey: trigger) else { return }
    for id in waiting {
      guard let run = runs[id.run], run.strands.indices.contains(id.strand),
        case .waiting(let kind, _, _) = run.strands[id.strand].state, let step = step(of: id)
      else { continue }
      switch (kind, step) {
      case (.trigger, .await(trigger, let save, _)):
        var data = data
        data["trigger"] = .string(trigger.text)
        goOn(id, saving: .object(data), as: save)
      case (.approval, .approve(let approval)):
        if approval.yes.contains(trigger) { decide(id, true) }
        if approval.no.contains(trigger) { decide(id, false) }
      default: break
      }
    }
  }

  mutating func checkConditions() {
    if conditional.isEmpty { return }
    for id in conditional.sorted(by: { ($0.run, $0.strand) < ($1.run, $1.strand) }) {
      guard let run = runs[id.run], case .until(let condition, _)? = step(of: id) else {
        conditional.remove(id)
        continue
      }
      if condition.holds(in: scope(of: run)) { goOn(id) }
    }
  }

  func scope(_ event: JSONObject) -> EngineScope {
    EngineScope(values: values, zone: zone, wall: now.wall, event: event)
  }

  func scope(of run: Run) -> EngineScope {
    EngineScope(values: values, zone: zone, wall: now.wall, event: run.event, answers: run.answers)
  }

  mutating func tell(_ kind: String, _ body: JSONObject, isDurable: Bool) {
    turn.facts.append(Turn.Fact(kind: kind, isDurable: isDurable, content: .body(body)))
  }
}
