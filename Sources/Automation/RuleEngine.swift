// SPDX-License-Identifier: Apache-2.0
import Time

/// Runs automations: what happened → which rules → their steps, one after the other.
///
/// A rule runs once at a time; its trigger is refused while it runs. A step that fails or is never
/// reported as done does not keep the later ones from being done: what was switched on is
/// switched off again. At most one run per rule exists, so the engine is bounded by its rules.
public struct RuleEngine: Sendable {
  public enum Event: Sendable, Equatable {
    /// Something happened; `slots` are the words of a spoken command.
    case trigger(Trigger, slots: [String: String])
    /// A step that takes time (`say`, `play`, `run`) has ended, well or not.
    case stepEnded(RunID)
  }

  public enum Action: Sendable, Equatable {
    /// Do it now; report `say`, `play` and `run` by `stepEnded` when they have ended. The engine
    /// itself waits for a `wait`.
    case perform(Step, rule: String, run: RunID)
    /// Not reported in time: stop it if it still goes on. The next step follows.
    case abandon(Step, rule: String, run: RunID)
    /// Triggered while it still ran.
    case refused(rule: String)
    case finished(rule: String, run: RunID)
  }

  /// Names one step of one run, so that a late report of an abandoned step is known as such.
  public struct RunID: Sendable, Hashable {
    public let rule: Int
    public let step: Int
    public let run: UInt64

    public init(rule: Int, step: Int, run: UInt64) {
      self.rule = rule
      self.step = step
      self.run = run
    }
  }

  /// The longest that `say` or `play` may take.
  public static let soundLimit = Duration.seconds(60)

  private let rules: [Rule]
  private let byTrigger: [Trigger: [Int]]
  private var runs: [Run?]
  private var runsStarted: UInt64 = 0

  public init(_ rules: [Rule]) {
    self.rules = rules
    byTrigger = Dictionary(grouping: rules.indices) { rules[$0].trigger }
    runs = Array(repeating: nil, count: rules.count)
  }

  /// The end of the next `wait`, or of a step's limit.
  public var nextDeadline: Instant? { runs.lazy.compactMap { $0?.deadline }.min() }
  /// Some rule has this trigger.
  public func isAwaited(_ trigger: Trigger) -> Bool { byTrigger[trigger] != nil }
  /// Rules now running.
  public var running: [String] { rules.indices.filter { runs[$0] != nil }.map { rules[$0].name } }

  public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
    switch event {
    case .trigger(let trigger, let slots):
      return (byTrigger[trigger] ?? []).flatMap { start($0, slots, now) }
    case .stepEnded(let id):
      guard rules.indices.contains(id.rule), runs[id.rule]?.id(rule: id.rule) == id else { return [] }
      runs[id.rule]?.step += 1
      return proceed(id.rule, now)
    }
  }

  /// Time has passed; call at `nextDeadline` or later.
  public mutating func advance(to now: Instant) -> [Action] {
    rules.indices.flatMap { index -> [Action] in
      guard let run = runs[index], let deadline = run.deadline, deadline <= now else { return [] }
      let step = rules[index].steps[run.step]
      let abandoned: [Action] =
        step.limit == nil
        ? []
        : [.abandon(step.filled(run.slots), rule: rules[index].name, run: run.id(rule: index))]
      runs[index]?.step += 1
      return abandoned + proceed(index, now)
    }
  }

  private mutating func start(_ index: Int, _ slots: [String: String], _ now: Instant) -> [Action] {
    if runs[index] != nil { return [.refused(rule: rules[index].name)] }
    runsStarted += 1
    runs[index] = Run(number: runsStarted, slots: slots)
    return proceed(index, now)
  }

  /// Does steps until one takes time.
  private mutating func proceed(_ index: Int, _ now: Instant) -> [Action] {
    guard var run = runs[index] else { return [] }
    let rule = rules[index]
    var actions: [Action] = []
    while run.step < rule.steps.count {
      let step = rule.steps[run.step]
      actions.append(.perform(step.filled(run.slots), rule: rule.name, run: run.id(rule: index)))
      if case .wait(let duration) = step {
        run.deadline = now + duration
        runs[index] = run
        return actions
      }
      if let limit = step.limit {
        run.deadline = now + limit
        runs[index] = run
        return actions
      }
      run.step += 1
    }
    runs[index] = nil
    return actions + [.finished(rule: rule.name, run: run.id(rule: index))]
  }

  private struct Run {
    let number: UInt64
    let slots: [String: String]
    var step = 0
    var deadline: Instant?

    func id(rule: Int) -> RunID { RunID(rule: rule, step: step, run: number) }
  }
}
