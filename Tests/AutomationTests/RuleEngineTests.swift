// SPDX-License-Identifier: Apache-2.0
import Automation
import Testing
import Time

@Suite struct RuleEngineTests {
  private let light = Rule(
    name: "light", trigger: .command("light_on"),
    steps: [.set(line: "{light}", on: true), .say("Turned on the {light}"), .log("done")])
  private let door = Rule(
    name: "door", trigger: .gesture(line: "bell", .press),
    steps: [.set(line: "siren", on: true), .wait(.seconds(2)), .set(line: "siren", on: false)])
  private let press = RuleEngine.Event.trigger(.gesture(line: "bell", .press), slots: [:])

  @Test func stepsFollowOneAnotherAndSlotsAreFilledIn() {
    var engine = RuleEngine([light])
    let first = engine.handle(
      .trigger(.command("light_on"), slots: ["light": "Kitchen light"]), at: .zero)
    #expect(first.map(text) == ["set kitchen_light on", "say Turned on the Kitchen light"])
    #expect(engine.running == ["light"])
    let next = engine.handle(.stepEnded(run(first.last)), at: Instant(ms: 900))
    #expect(next.map(text) == ["log done", "finished light"])
    #expect(engine.running == [])
  }

  @Test func aWaitIsKeptByADeadlineAndTheRuleIsRefusedMeanwhile() {
    var engine = RuleEngine([door])
    #expect(engine.handle(press, at: .zero).map(text) == ["set siren on", "wait"])
    #expect(engine.nextDeadline == Instant(ms: 2000))
    #expect(engine.handle(press, at: Instant(ms: 10)) == [.refused(rule: "door")])
    #expect(engine.advance(to: Instant(ms: 1999)) == [])
    #expect(engine.advance(to: Instant(ms: 2000)).map(text) == ["set siren off", "finished door"])
    #expect(engine.nextDeadline == nil)
    #expect(engine.handle(press, at: Instant(ms: 2001)).map(text) == ["set siren on", "wait"])
  }

  @Test func aStepThatNeverEndsIsAbandonedAndTheNextOneDone() {
    let rule = Rule(
      name: "r", trigger: .start,
      steps: [.run(argv: ["x"], timeout: .seconds(10)), .set(line: "siren", on: false)])
    var engine = RuleEngine([rule])
    let start = engine.handle(.trigger(.start, slots: [:]), at: .zero)
    #expect(start.map(text) == ["run x"])
    let later = engine.advance(to: Instant(ms: 15_000))
    #expect(later.map(text) == ["abandon", "set siren off", "finished r"])
    // The report comes late: it belongs to nothing any more.
    #expect(engine.handle(.stepEnded(run(start.first)), at: Instant(ms: 15_001)) == [])
  }

  @Test func rulesWithTheSameTriggerAllRunAndOthersDoNot() {
    var second = door
    second.name = "door2"
    var engine = RuleEngine([door, light, second])
    #expect(engine.handle(press, at: .zero).count == 4)
    #expect(engine.running == ["door", "door2"])
    #expect(engine.isAwaited(.command("light_on")))
    #expect(!engine.isAwaited(.start))
    #expect(engine.handle(.trigger(.start, slots: [:]), at: .zero) == [])
  }

  @Test(
    arguments: [
      ("plain", [:], "plain"), ("{a} and {b}", ["a": "1"], "1 and {b}"), ("{a", ["a": "1"], "{a"),
      ("a} {a}", ["a": "1"], "a} 1"), ("{a}{a}", ["a": "{a}"], "{a}{a}"), ("{}", ["": "x"], "x"),
    ] as [(String, [String: String], String)])
  func templatesFillWhatTheyKnow(text: String, slots: [String: String], filled: String) {
    #expect(Template.fill(text, slots) == filled)
  }

  private func run(_ action: RuleEngine.Action?) -> RuleEngine.RunID {
    guard case .perform(_, _, let run) = action else { return .init(rule: 0, step: 0, run: 0) }
    return run
  }

  private func text(_ action: RuleEngine.Action) -> String {
    switch action {
    case .perform(.set(let line, let on), _, _): "set \(line) \(on ? "on" : "off")"
    case .perform(.say(let text), _, _): "say \(text)"
    case .perform(.log(let text), _, _): "log \(text)"
    case .perform(.run(let argv, _), _, _): "run \(argv.joined(separator: " "))"
    case .perform(.wait, _, _): "wait"
    case .perform(let step, _, _): "\(step)"
    case .abandon: "abandon"
    case .refused(let rule): "refused \(rule)"
    case .finished(let rule, _): "finished \(rule)"
    }
  }
}
