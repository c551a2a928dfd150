// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Some automations and what happens to them, all from one seed; and what has to come of it, worked out
/// without the engine.
public struct RandomProgram: Sendable {
  public struct Moment: Sendable, Equatable {
    /// Milliseconds since the beginning.
    public var at: Int
    public var rule: Int
  }

  public let rules: [Rule]
  public let moments: [Moment]

  public init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var names = 0
    rules = (0..<Int.random(in: 1...3, using: &random)).map { index in
      var rule = Rule(
        name: "r\(index)", trigger: .webhook("w\(index)"), steps: Self.steps(&random, &names, depth: 0))
      rule.mode = Rule.Mode.allCases.randomElement(using: &random) ?? .single
      rule.max = Int.random(in: 1...3, using: &random)
      rule.durable = true
      return rule
    }
    let count = rules.count
    var at = 1
    moments = (0..<Int.random(in: 3...15, using: &random)).map { _ in
      at += Int.random(in: 0...9, using: &random) * 10
      return Moment(at: at, rule: Int.random(in: 0..<count, using: &random))
    }
  }

  private static func steps(_ random: inout SeededGenerator, _ names: inout Int, depth: Int) -> [Step] {
    let count = Int.random(in: 1...4, using: &random)
    return (0..<count).map { _ in
      switch Int.random(in: 0..<(depth < 2 ? 9 : 6), using: &random) {
      case 0, 1, 2: .log(name(&names))
      case 3: .once(.log("once \(name(&names))"))
      case 4, 5: .wait(.milliseconds(Int.random(in: 1...8, using: &random) * 10))
      case 6:
        .repeat(
          times: Int.random(in: 0...3, using: &random), while: nil, steps(&random, &names, depth: depth + 1))
      case 7: .parallel((0..<2).map { _ in steps(&random, &names, depth: depth + 1) })
      default: choice(&random, &names, depth)
      }
    }
  }

  private static func name(_ names: inout Int) -> String {
    names += 1
    return "e\(names)"
  }

  private static func choice(_ random: inout SeededGenerator, _ names: inout Int, _ depth: Int) -> Step {
    let text = Bool.random(using: &random) ? "1 < 2" : "2 < 1"
    let branches = (try? Expression(text)).map {
      [Step.Branch(condition: $0, steps: steps(&random, &names, depth: depth + 1))]
    }
    return .choose(branches ?? [], otherwise: steps(&random, &names, depth: depth + 1))
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
  public var effects: [Effect] { rules.indices.flatMap(effects).sorted() }

  /// Those of one rule: its mode decides which of its triggers run, and until when.
  private func effects(of rule: Int) -> [Effect] {
    var runs: [(start: Int, end: Int, effects: [Effect])] = []
    for moment in moments where moment.rule == rule {
      var start = moment.at
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
      let end = Self.play(rules[rule].steps, at: start, &effects)
      runs.append((start, end, effects))
    }
    return runs.flatMap(\.effects)
  }

  private static func play(_ steps: [Step], at start: Int, _ effects: inout [Effect]) -> Int {
    var now = start
    for step in steps {
      switch step {
      case .log(let text), .once(.log(let text)): effects.append(Effect(at: now, text: text))
      case .wait(let duration): now += Int(duration.milliseconds)
      case .repeat(let times, _, let inner): for _ in 0..<times { now = play(inner, at: now, &effects) }
      case .parallel(let blocks):
        now = blocks.map { play($0, at: now, &effects) }.max() ?? now
      case .choose(let branches, let otherwise):
        let holds = branches.first.map { $0.condition.description == "1 < 2" } ?? false
        now = play(holds ? branches[0].steps : otherwise, at: now, &effects)
      default: break
      }
    }
    return now
  }
}
