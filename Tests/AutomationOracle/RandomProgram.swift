// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Some automations and what happens to them, all from one seed; and what has to come of it, worked out
/// without the engine.
///
/// In half of the programs waits take some ten milliseconds; in the others some ten minutes, and a rule may
/// go by the clock. In both the wall clock may be set and the machine may lose its power.
public struct RandomProgram: Sendable {
  public struct Moment: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
      case trigger(rule: Int)
      case clock(Clock)
    }

    /// Milliseconds since the beginning.
    public var at: Int
    public var kind: Kind
  }

  /// What becomes of the clocks: the wall clock is set, with or without a start of the machine.
  public struct Clock: Sendable, Equatable {
    /// Milliseconds by which the wall clock is ahead of what it would show had nobody set it.
    public var ahead: Int
    public var isReboot: Bool
  }

  public let rules: [Rule]
  /// By their times; clocks change when nothing else happens.
  public let moments: [Moment]
  /// When everybody stops looking; milliseconds.
  public let end: Int
  /// Of the last rule, when that goes by the clock.
  let plan: ClockPlan?

  public static let zone = TimeZone(rule: "CET-1CEST,M3.5.0,M10.5.0/3") ?? .utc

  public init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var names = 0
    let scale = Bool.random(using: &random) ? 1 : 60_000
    var rules = (0..<Int.random(in: 1...3, using: &random)).map { index in
      var rule = Rule(
        name: "r\(index)", trigger: .webhook("w\(index)"), steps: Self.steps(&random, &names, scale, depth: 0)
      )
      rule.mode = Rule.Mode.allCases.randomElement(using: &random) ?? .single
      rule.max = Int.random(in: 1...3, using: &random)
      rule.durable = true
      return rule
    }
    let count = rules.count
    var at = scale
    let triggers = (0..<Int.random(in: 3...15, using: &random)).map { _ in
      at += Int.random(in: 0...9, using: &random) * 10 * scale
      return Moment(at: at, kind: .trigger(rule: Int.random(in: 0..<count, using: &random)))
    }
    moments = (triggers + Self.clocks(&random, until: at, scale)).sorted { $0.at < $1.at }
    plan = scale > 1 && Bool.random(using: &random) ? ClockPlan.all.randomElement(using: &random) : nil
    if let plan { rules.append(Self.rule(of: plan, &random, &names, scale)) }
    end = plan == nil ? .max : at + 60 * scale + scale / 2
    self.rules = rules
  }

  /// A rule that goes by the clock never ends, and is never refused.
  private static func rule(
    of plan: ClockPlan, _ random: inout SeededGenerator, _ names: inout Int, _ scale: Int
  ) -> Rule {
    let missed = Rule.Missed.allCases.randomElement(using: &random) ?? .skip
    // A hundred runs that are made up for would wait for each other, and the limit of all runs is not far.
    let waits = missed == .run ? nil : scale
    var rule = Rule(
      name: "clock", watches: [Watch(.schedule(plan.schedule))],
      steps: Self.steps(&random, &names, waits, depth: 0))
    rule.mode = .queued
    rule.max = 1000
    rule.missed = missed
    rule.durable = true
    return rule
  }

  /// Each at a phase of its own within the grid of ten units on which all else happens.
  private static func clocks(_ random: inout SeededGenerator, until end: Int, _ scale: Int) -> [Moment] {
    var ahead = 0
    return (0..<Int.random(in: 0...5, using: &random)).map { phase in
      Moment(
        at: Int.random(in: 0...(end / (10 * scale)), using: &random) * 10 * scale + (2 + phase) * scale,
        kind: .clock(Clock(ahead: 0, isReboot: Int.random(in: 0...2, using: &random) == 0)))
    }.sorted { $0.at < $1.at }.compactMap { moment in
      guard case .clock(var clock) = moment.kind else { return nil }
      clock.ahead = (Jump.allCases.randomElement(using: &random) ?? .right).ahead(at: moment.at)
      // What changes nothing is no jump.
      if clock.ahead == ahead, !clock.isReboot { return nil }
      ahead = clock.ahead
      return Moment(at: moment.at, kind: .clock(clock))
    }
  }

  /// - Parameter waits: the unit of waits; nil: there are none.
  private static func steps(
    _ random: inout SeededGenerator, _ names: inout Int, _ waits: Int?, depth: Int
  ) -> [Step] {
    let count = Int.random(in: 1...4, using: &random)
    return (0..<count).map { _ in
      switch Int.random(in: 0..<(depth < 2 ? 9 : 6), using: &random) {
      case 0, 1, 2: return .log(name(&names))
      case 3: return .once(.log("once \(name(&names))"))
      case 4, 5:
        guard let waits else { return .log(name(&names)) }
        return .wait(.milliseconds(Int.random(in: 1...8, using: &random) * 10 * waits))
      case 6:
        return .repeat(
          times: Int.random(in: 0...3, using: &random), while: nil,
          steps(&random, &names, waits, depth: depth + 1))
      case 7: return .parallel((0..<2).map { _ in steps(&random, &names, waits, depth: depth + 1) })
      default: return choice(&random, &names, waits, depth)
      }
    }
  }

  private static func name(_ names: inout Int) -> String {
    names += 1
    return "e\(names)"
  }

  private static func choice(
    _ random: inout SeededGenerator, _ names: inout Int, _ waits: Int?, _ depth: Int
  ) -> Step {
    let text = Bool.random(using: &random) ? "1 < 2" : "2 < 1"
    let branches = (try? Expression(text)).map {
      [Step.Branch(condition: $0, steps: steps(&random, &names, waits, depth: depth + 1))]
    }
    return .choose(branches ?? [], otherwise: steps(&random, &names, waits, depth: depth + 1))
  }

  /// One effect: when, and its text.
  public struct Effect: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var at: Int
    public var text: String

    public init(at: Int, text: String) {
      self.at = at
      self.text = text
    }

    public var description: String { "\(at) \(text)" }
    public static func < (lhs: Self, rhs: Self) -> Bool { (lhs.at, lhs.text) < (rhs.at, rhs.text) }
  }

  /// All effects, by their time and then their text.
  public var effects: [Effect] {
    let timeline = Timeline(moments)
    return rules.indices.flatMap { effects(of: $0, timeline) }.filter { $0.at <= end }.sorted()
  }

  /// Those of one rule: its mode decides which of its triggers run, and until when.
  private func effects(of rule: Int, _ timeline: Timeline) -> [Effect] {
    var runs: [(start: Int, end: Int, effects: [Effect])] = []
    for trigger in triggers(of: rule, timeline) {
      var start = trigger
      let going = runs.filter { $0.end > start }
      switch rules[rule].mode {
      case .single: if !going.isEmpty { continue }
      case .parallel: if going.count >= rules[rule].max { continue }
      case .queued:
        if going.count > rules[rule].max { continue }
        start = max(start, runs.last?.end ?? 0)
      case .restart:
        if let last = runs.indices.last, runs[last].end > start {
          runs[last].effects.removeAll { $0.at > start }
          runs[last].end = start
        }
      }
      var effects: [Effect] = []
      let end = Self.play(rules[rule].steps, at: start, timeline, &effects)
      runs.append((start, end, effects))
    }
    return runs.flatMap(\.effects)
  }

  private func triggers(of rule: Int, _ timeline: Timeline) -> [Int] {
    if let plan, rule == rules.count - 1 {
      return plan.triggers(timeline, missed: rules[rule].missed, until: end)
    }
    return moments.filter { $0.kind == .trigger(rule: rule) }.map(\.at)
  }

  private static func play(
    _ steps: [Step], at start: Int, _ timeline: Timeline, _ effects: inout [Effect]
  ) -> Int {
    var now = start
    for step in steps {
      switch step {
      case .log(let text), .once(.log(let text)): effects.append(Effect(at: now, text: text))
      case .wait(let duration): now = timeline.end(ofWaitFrom: now, Int(duration.milliseconds))
      case .repeat(let times, _, let inner):
        for _ in 0..<times { now = play(inner, at: now, timeline, &effects) }
      case .parallel(let blocks):
        now = blocks.map { play($0, at: now, timeline, &effects) }.max() ?? now
      case .choose(let branches, let otherwise):
        let holds = branches.first.map { $0.condition.description == "1 < 2" } ?? false
        now = play(holds ? branches[0].steps : otherwise, at: now, timeline, &effects)
      default: break
      }
    }
    return now
  }
}
