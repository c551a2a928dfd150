// SPDX-License-Identifier: Apache-2.0
import Automation
import JSON
import Loop
import Time

private let edges = 20_000

/// From an edge's gesture to the action: with many automations loaded as with few.
let automationCases: [Case] = [
  .compare(
    "automation.edge_to_action", "ns", goal: 1.1, to: "10 rules", operations: edges,
    ours: { fire(rules: 1000) }, baseline: { fire(rules: 10) }),
  .measure("automation.expression", "ns") {
    guard
      let expression = try? Expression("event.level > 2 and not (line.lamp == on) or length(event.name) < 5")
    else { return .nan }
    let begin = LoopActor.shared.loop.now
    var count = 0
    for _ in 0..<edges where expression.holds(in: Scope()) { count += 1 }
    return count == edges ? Double((LoopActor.shared.loop.now - begin).nanoseconds) / Double(edges) : .nan
  },
]

/// Nanoseconds for each press that makes a lamp be set, through gesture, rule and report.
@LoopActor private func fire(rules count: Int) -> Double {
  let rules = (0..<count).map { index in
    Rule(
      name: "r\(index)", trigger: .gesture(line: "button\(index)", .press),
      steps: [.set(line: "lamp\(index)", on: true)])
  }
  let loop = LoopActor.shared.loop
  var clocks = Stamp(wall: 1_795_000_000_000_000_000, monotonic: loop.now)
  var engine = Engine(rules, at: clocks)
  _ = engine.start([], at: clocks)
  let events = (0..<10).map { Engine.Event.happened(.gesture(line: "button\($0)", .press)) }
  var done = 0
  let begin = loop.now
  for index in 0..<edges {
    clocks.monotonic = clocks.monotonic.advanced(byNanoseconds: 1000)
    clocks.wall += 1000
    for case .perform(let effect) in engine.handle(events[index % 10], at: clocks).actions {
      _ = engine.handle(.stepEnded(effect.id, .done(.null)), at: clocks)
      done += 1
    }
  }
  let time = (loop.now - begin).nanoseconds
  return done == edges ? Double(time) / Double(edges) : .nan
}

private struct Scope: ExpressionScope {
  var time: CivilTime { CivilTime(1_795_000_000, offset: 0) }
  func value(of name: String) -> JSONValue {
    name == "event" ? ["level": 3, "name": "kitchen"] : ["lamp": false]
  }
}
