// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing
import Time

@testable import Automation

/// Automations played in virtual time; each row is what is told of them.
@Suite struct EngineTests {
  private static let start = "2026-11-21 10:00"

  private func play(
    _ rules: [Rule], zone: TimeZone = .utc, start: String = start, _ events: [String]
  ) throws -> [String] {
    var rehearsal = Rehearsal(rules, zone: zone, start: try #require(zone.wall(of: start)))
    for event in events {
      let object = try #require(JSONText.value(Array(event.utf8)).objectValue)
      rehearsal.play(try RehearsalEvent(object))
    }
    return rehearsal.lines
  }

  private func rule(_ name: String, _ watches: [Watch], _ steps: [Step]) -> Rule {
    Rule(name: name, watches: watches, steps: steps)
  }

  private func rule(_ watches: [Watch], _ steps: [Step]) -> Rule { rule("r", watches, steps) }

  private func expression(_ text: String) throws -> Expression { try Expression(text) }

  private let press = Watch(.gesture(line: "bell", .press))
  private let pressed = #"{"at": "0s", "trigger": "gpio.bell.press"}"#

  @Test func stepsFollowOneAnotherAndSlotsAreFilledIn() throws {
    let light = rule(
      "light", [Watch(.command("light_on"))],
      [.set(line: "{light}", on: true), .say("Turned on the {light}"), .log("{{ event.light }} at {time}")])
    let lines = try play(
      [light], [#"{"trigger": "command.light_on", "slots": {"light": "Kitchen light"}}"#])
    #expect(
      lines == [
        "10:00:00  light#1: started by command.light_on", "10:00:00  light#1: kitchen_light on",
        "10:00:00  light#1: say \"Turned on the Kitchen light\"",
        "10:00:00  light#1: log \"Kitchen light at 10:00\"", "10:00:00  light#1: ended",
      ])
  }

  @Test func aRuleIsRefusedWhileItWaitsAndDoesItsRestAfterwards() throws {
    let door = rule([press], [.log("a"), .wait(.seconds(2)), .log("b")])
    let lines = try play([door], [pressed, pressed.at("1s"), pressed.at("3s"), #"{"at": "10s"}"#])
    #expect(
      lines.map { String($0.dropFirst(10)) } == [
        "r#1: started by gpio.bell.press", "r#1: log \"a\"", "r#1: waits, wait 2s",
        "r: not started, it still runs", "r#1: log \"b\"", "r#1: ended", "r#2: started by gpio.bell.press",
        "r#2: log \"a\"", "r#2: waits, wait 2s", "r#2: log \"b\"", "r#2: ended",
      ])
  }

  @Test func whatAPowerCutInterruptsGoesOn() throws {
    let door = rule([press], [.wait(.seconds(10)), .log("b"), .wait(.seconds(10)), .log("c")])
    let lines = try play(
      [door],
      [pressed, #"{"at": "4s", "restart": "3s"}"#, #"{"at": "12s", "restart": "1h"}"#, #"{"at": "2h"}"#])
    #expect(
      lines == [
        "10:00:00  r#1: started by gpio.bell.press", "10:00:00  r#1: waits, wait 10s",
        "10:00:04  power is gone for 3s", "10:00:10  r#1: log \"b\"",
        "10:00:10  r#1: waits, wait 10s", "10:00:12  power is gone for 1h",
        "11:00:12  r#1: log \"c\"", "11:00:12  r#1: ended",
      ])
  }

  @Test func branchesLoopsAndBranchesAtOnce() throws {
    let steps: [Step] = [
      .choose(
        [.init(condition: try expression("event.level > 5"), steps: [.log("high")])], otherwise: [.log("low")]
      ),
      .repeat(times: 5, while: try expression("line.lamp != on"), [.log("again"), .wait(.seconds(1))]),
      .parallel([[.wait(.seconds(2)), .log("two")], [.wait(.seconds(1)), .log("one")], []]),
      .choose([], otherwise: [.stop, .log("never")]), .log("never"),
    ]
    let lines = try play(
      [rule([Watch(.webhook("w"))], steps)],
      [
        #"{"trigger": "webhook.w", "event": {"level": 7}}"#,
        #"{"at": "1.5s", "value": "gpio.lamp", "is": true}"#, #"{"at": "1h"}"#,
      ])
    let done = lines.filter { $0.contains("log") }.map { String($0.dropFirst(6)) }
    #expect(
      done == [
        "00  r#1: log \"high\"", "00  r#1: log \"again\"", "01  r#1: log \"again\"", "03  r#1: log \"one\"",
        "04  r#1: log \"two\"",
      ])
    #expect(lines.last?.hasSuffix("r#1: ended") == true)
  }

  @Test func answersAreUsedInLaterSteps() throws {
    let question = Step.Question(realm: "$CHAT", text: "What is {{ event.what }}?", save: "it")
    let steps: [Step] = [
      .ask(question),
      .choose(
        [.init(condition: try expression("'yes' in answer.it"), steps: [.log("{{ answer.it }}")])],
        otherwise: []),
    ]
    let lines = try play(
      [rule([Watch(.webhook("w"))], steps)],
      [
        #"{"of": "ask $CHAT", "answer": "oh yes"}"#, #"{"trigger": "webhook.w", "event": {"what": "it"}}"#,
        #"{"at": "1s", "of": "ask $CHAT", "fails": "nobody there"}"#,
        #"{"at": "1s", "trigger": "webhook.w"}"#,
      ])
    #expect(
      lines.map { String($0.dropFirst(10)) } == [
        "r#1: started by webhook.w", "r#1: ask $CHAT \"What is it?\"", "r#1: log \"oh yes\"", "r#1: ended",
        "r#2: started by webhook.w", "r#2: ask $CHAT \"What is ?\"", "r#2: ended, ask $CHAT: nobody there",
      ])
  }

  @Test func waitsEndByTheirConditionTheirTriggerOrTheirTime() throws {
    let steps: [Step] = [
      .until(try expression("line.door == off"), timeout: .seconds(60)), .log("closed"),
      .await(.webhook("go"), save: "it", timeout: .seconds(60)), .log("went {{ answer.it.how }}"),
      .await(.webhook("go"), save: nil, timeout: .seconds(60)), .log("late"),
    ]
    let lines = try play(
      [rule([press], steps)],
      [
        #"{"value": "gpio.door", "is": true}"#, pressed, #"{"at": "5s", "value": "gpio.door", "is": false}"#,
        #"{"at": "9s", "trigger": "webhook.go", "event": {"how": "well"}}"#, #"{"at": "10min"}"#,
      ])
    #expect(
      lines.filter { $0.contains("log") } == [
        "10:00:05  r#1: log \"closed\"", "10:00:09  r#1: log \"went well\"", "10:01:09  r#1: log \"late\"",
      ])
  }

  @Test(arguments: [
    (#"{"at": "3s", "approve": 1}"#, ["approved", "log \"open\"", "ended"]),
    (#"{"at": "3s", "refuse": 1}"#, ["not approved", "log \"shut\"", "ended, not approved"]),
    (#"{"at": "3s", "trigger": "gpio.bell.click"}"#, ["approved", "log \"open\"", "ended"]),
    (#"{"at": "3s", "trigger": "command.no"}"#, ["not approved", "log \"shut\"", "ended, not approved"]),
    (#"{"at": "1h"}"#, ["not approved", "log \"shut\"", "ended, not approved"]),
    (#"{"at": "3s", "cancel": 1}"#, ["ended, cancelled"]),
  ])
  func somebodyHasToAgree(event: String, rest: [String]) throws {
    let approval = Step.Approval(
      question: "Open?", yes: [.gesture(line: "bell", .click)], no: [.command("no")],
      otherwise: [.log("shut")])
    let lines = try play([rule([press], [.approve(approval), .log("open")])], [pressed, event])
    #expect(lines.dropFirst(2).map { String($0.dropFirst(15)) } == rest)
  }

  @Test func runsQueueUpRunBesideOrBeginAnew() throws {
    let events = [pressed, pressed.at("1s"), pressed.at("2s"), pressed.at("3s"), #"{"at": "1min"}"#]
    let expected: [(Rule.Mode, [String])] = [
      (.single, ["05 r#1"]), (.queued, ["05 r#1", "10 r#2", "15 r#3"]), (.parallel, ["05 r#1", "06 r#2"]),
      (.restart, ["08 r#4"]),
    ]
    for (mode, wanted) in expected {
      var rule = rule([press], [.wait(.seconds(5)), .log("x")])
      rule.mode = mode
      rule.max = 2
      let lines = try play([rule], events)
      let logs = lines.filter { $0.hasSuffix("log \"x\"") }
        .map { "\($0.dropFirst(6).prefix(2)) \($0.dropFirst(10).prefix(3))" }
      #expect(logs == wanted, "\(mode)")
    }
  }

  @Test func aQueueSurvivesAPowerCut() throws {
    var rule = rule([press], [.wait(.seconds(5)), .log("x")])
    rule.mode = .queued
    let lines = try play(
      [rule],
      [pressed, pressed.at("1s"), pressed.at("2s"), #"{"at": "3s", "restart": "1s"}"#, #"{"at": "1min"}"#])
    #expect(
      lines.filter { $0.hasSuffix("log \"x\"") }.map { String($0.prefix(13).dropFirst(3)) }
        == ["00:05  r#1", "00:10  r#2", "00:15  r#3"])
  }

  @Test func startsAreLimitedInTime() throws {
    var rule = rule([press], [.log("x")])
    rule.rate = Rule.Rate(count: 2, time: .seconds(10))
    let lines = try play([rule], (0..<5).map { pressed.at("\($0 * 4)s") })
    let starts = lines.filter { $0.contains("started by") }.map { String($0.prefix(8).suffix(2)) }
    #expect(starts == ["00", "04", "12", "16"])
    #expect(lines.filter { $0.contains("more than 2 starts") }.count == 1)
  }

  @Test func startsThatCountAreNotForgottenOverARestart() throws {
    var rule = rule([press], [.log("x")])
    rule.rate = Rule.Rate(count: 2, time: .seconds(60))
    let events = [
      pressed, pressed.at("20s"), #"{"at": "30s", "restart": "5s"}"#, pressed.at("40s"), pressed.at("61s"),
      pressed.at("62s"), pressed.at("81s"),
    ]
    let lines = try play([rule], events)
    let starts = lines.filter { $0.contains("started by") }.map { String($0.prefix(8).dropFirst(3)) }
    #expect(starts == ["00:00", "00:20", "01:01", "01:21"])
    rule.durable = false
    #expect(try play([rule], events).filter { $0.contains("started by") }.count == 4)
  }

  @Test func startsCountOnAfterAnotherBootAndForAChangedRule() throws {
    let before = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 900_000_000_000))
    let trigger = Engine.Event.happened(.gesture(line: "bell", .press))
    var limited = rule([press], [.log("x")])
    limited.rate = Rule.Rate(count: 1, time: .seconds(60))
    var engine = Engine([limited], boot: "a", at: before)
    _ = engine.start([], at: before)
    let left = engine.handle(trigger, at: before).checkpoints.filter { $0.key == "automation/starts/r" }
    #expect(left.count == 1)
    // Forty seconds later the kernel has been up for one.
    func start(at seconds: Int64, _ rules: [Rule]) -> (Engine, Turn, Stamp) {
      let now = Stamp(
        wall: before.wall + seconds * 1_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
      var engine = Engine(rules, boot: "b", at: now)
      let turn = engine.start(left, at: now)
      return (engine, turn, now)
    }
    for (seconds, isRefused) in [(Int64(40), true), (59, true), (61, false), (-30, true)] {
      var (engine, _, now) = start(at: seconds, [limited])
      let turn = engine.handle(trigger, at: now)
      let refusals = turn.actions.filter { if case .refused = $0 { true } else { false } }
      #expect(refusals.count == (isRefused ? 1 : 0), "after \(seconds) s")
    }
    // A rule that has no limit any more keeps nothing.
    let (_, turn, _) = start(at: 1, [rule([press], [.log("x")])])
    #expect(turn.checkpoints.contains(Turn.Checkpoint(key: "automation/starts/r", body: nil)))
    var changed = limited
    changed.steps = [.log("y")]
    _ = engine.replace([changed], at: before)
    #expect(engine.handle(trigger, at: before).actions.count == 1)
    let gone = engine.replace([], at: before)
    #expect(gone.checkpoints.contains(Turn.Checkpoint(key: "automation/starts/r", body: nil)))
  }

  @Test func aConditionOnTheTimeIsAskedAtEachFullMinute() throws {
    let steps: [Step] = [
      .until(try expression("time() >= '10:03' and line.door != on"), timeout: .seconds(3600)), .log("done"),
    ]
    let door = #"{"value": "gpio.door", "is": true}"#
    let start = "2026-11-21 10:00"
    func done(_ events: [String]) throws -> [String] {
      try play([rule([press], steps)], start: start, events).filter {
        $0.contains("log") || $0.contains("ended")
      }
      .map { String($0.prefix(8).dropFirst(3)) }
    }
    #expect(try done([pressed.at("20s"), #"{"at": "2h"}"#]) == ["03:00", "03:00"])
    // Over a restart, and when the clock is put forward: at once.
    #expect(
      try done([pressed, #"{"at": "70s", "restart": "10s"}"#, #"{"at": "2h"}"#]) == ["03:00", "03:00"])
    #expect(try done([pressed, #"{"at": "70s", "clock": "2min"}"#, #"{"at": "2h"}"#]) == ["03:10", "03:10"])
    // A value that changes is enough too, and what never holds ends by its time.
    let closed = #"{"at": "200s", "value": "gpio.door", "is": false}"#
    #expect(try done([door, pressed, closed, #"{"at": "2h"}"#]) == ["03:20", "03:20"])
    #expect(try done([door, pressed, #"{"at": "2h"}"#]) == ["00:00", "00:00"])
  }

  @Test func onlyAConditionThatReadsTheClockSetsATimer() throws {
    let now = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
    for (text, reads) in [
      ("line.door == off", false), ("hour() > 7", true), ("not (minute() in [1, 2])", true),
      ("answer.x[weekday()] == 1", true), ("max(1, -now()) > 0", true), ("length('time()') > 7", false),
    ] {
      let condition = try expression(text)
      #expect(condition.readsClock == reads, "\(text)")
      var engine = Engine([rule([press], [.until(condition, timeout: .seconds(86_400))])], at: now)
      _ = engine.start([], at: now)
      _ = engine.handle(.happened(.gesture(line: "bell", .press)), at: now)
      if engine.running.isEmpty { continue }
      let next = try #require(engine.nextDeadline)
      #expect((next - now.monotonic <= .seconds(60)) == reads, "\(text)")
      #expect(engine.needsWallClock == reads, "\(text)")
    }
  }

  @Test func anotherTimeZoneMovesTheTimesOfDay() throws {
    let start = try #require(TimeZone.utc.wall(of: "2026-11-21 10:00"))
    let now = Stamp(wall: start, monotonic: Instant(nanoseconds: 1_000_000_000))
    let zone = try #require(TimeZone(rule: "XXX-5"))
    for missed in Rule.Missed.allCases {
      var engine = Engine([try daily("0 12 * * *", missed)], zone: .utc, at: now)
      _ = engine.start([], at: now)
      #expect(engine.nextDeadline.map { $0 - now.monotonic } == .seconds(2 * 3600))
      // There it is 15:00 already: noon has not been missed, it comes tomorrow.
      let rules = engine.rules
      let turn = engine.replace(rules, zone: zone, at: now)
      #expect(turn.actions == [])
      #expect(engine.nextDeadline.map { $0 - now.monotonic } == .seconds(21 * 3600))
      _ = engine.replace(rules, zone: zone, at: now)
      #expect(engine.nextDeadline.map { $0 - now.monotonic } == .seconds(21 * 3600))
    }
  }

  @Test func aFailureStopsARunUntilSomebodyRetries() throws {
    var rule = rule([press], [.once(.run(argv: ["x"], timeout: .seconds(1))), .log("after")])
    rule.onFailure = .stop
    let lines = try play(
      [rule],
      [
        #"{"of": "run x", "fails": "broken"}"#, pressed, #"{"at": "5s", "restart": "1s"}"#,
        #"{"at": "9s", "of": "run x", "answer": null}"#, #"{"at": "9s", "retry": 1}"#,
      ])
    #expect(
      lines.map { String($0.dropFirst(10)) } == [
        "r#1: started by gpio.bell.press", "r#1: run x", "r#1: stopped, run x: broken",
        "power is gone for 1s", "r#1: run x", "r#1: log \"after\"", "r#1: ended",
      ])
  }

  @Test func anotherAutomationIsCalled() throws {
    let inner = rule("inner", [Watch(.webhook("never"))], [.log("in"), .wait(.seconds(1))])
    let outer = rule("outer", [press], [.call(rule: "inner"), .log("out")])
    let own = rule("own", [Watch(.webhook("own"))], [.call(rule: "own")])
    let lines = try play(
      [outer, inner, own],
      [pressed, #"{"at": "2s", "restart": "1s"}"#, #"{"at": "5s", "trigger": "webhook.own"}"#])
    #expect(
      lines.filter { $0.contains("log") } == [
        "10:00:00  inner#2: log \"in\"", "10:00:01  outer#1: log \"out\"",
      ])
    #expect(lines.contains { $0.contains("more than 8 calls") })
  }

  // MARK: Values and times

  @Test func aValueHasToCrossItsLimitAndComeBackByTheHysteresis() throws {
    var watch = Watch(.trigger(.sensor("cellar")), test: .above(30))
    watch.hysteresis = 2
    let values = [31.0, 29, 31, 29, 31, 27.9, 30, 30.1]
    let events = values.enumerated().map { #"{"at": "\#($0)s", "value": "sensor.cellar", "is": \#($1)}"# }
    let lines = try play([rule([watch], [.log("{{ event.value }}")])], events)
    // The first value is no crossing; 29 is not far enough back.
    #expect(lines.filter { $0.contains("log") } == ["10:00:07  r#1: log \"30.1\""])
  }

  @Test func forHasToHoldAndSurvivesAPowerCut() throws {
    let watch = Watch(.trigger(.level(line: "door")), test: .equal("on"), hold: .seconds(60))
    let open = #"{"value": "gpio.door", "is": true}"#
    let lines = try play(
      [rule([watch], [.log("open")])],
      [
        #"{"value": "gpio.door", "is": false}"#, open.at("1s"),
        #"{"at": "30s", "value": "gpio.door", "is": false}"#,
        open.at("40s"), #"{"at": "60s", "restart": "10s"}"#, open.at("71s"),
        #"{"at": "10min", "restart": "1s"}"#,
        open.at("11min"), #"{"at": "20min"}"#,
      ])
    #expect(lines.filter { $0.contains("log") } == ["10:01:40  r#1: log \"open\""])
  }

  @Test func aMomentWithForIsTheLastOfItsKind() throws {
    let watch = Watch(.trigger(.gesture(line: "hall", .motion)), hold: .seconds(60))
    let motion = #"{"trigger": "gpio.hall.motion"}"#
    let lines = try play(
      [rule([watch], [.log("quiet")])],
      [motion, motion.at("30s"), #"{"at": "50s", "restart": "5s"}"#, #"{"at": "10min"}"#])
    #expect(lines.filter { $0.contains("log") } == ["10:01:30  r#1: log \"quiet\""])
  }

  @Test func conditionsKeepARuleFromStarting() throws {
    var watch = press
    watch.condition = try expression("line.lamp != on")
    var rule = rule([watch], [.log("x")])
    rule.condition = try expression("hour() < 10")
    let lines = try play(
      [rule], start: "2026-11-21 09:59",
      [pressed, pressed.at("59s"), pressed.at("60s")])
    #expect(lines.filter { $0.contains("started") }.count == 2)
    let lit = try play([rule], start: "2026-11-21 09:00", [#"{"value": "gpio.lamp", "is": true}"#, pressed])
    #expect(lit == [])
  }

  private static let daily = #"{"at": "0s"}"#

  private func daily(_ text: String, _ missed: Rule.Missed = .skip) throws -> Rule {
    var rule = rule(
      [Watch(.schedule(.time(try CronPattern(text))))],
      [.log("{{ if(event.missed, event.missed, 'on time') }}")])
    rule.missed = missed
    return rule
  }

  @Test(arguments: [
    (Rule.Missed.skip, ["16:00:00 on time"]),
    (.run, ["15:30:00 1", "15:30:00 1", "15:30:00 1", "15:30:00 1", "16:00:00 on time"]),
    (.coalesce, ["15:30:00 4", "16:00:00 on time"]),
  ])
  func whatPassedWhileNobodyWasThereIsMissed(missed: Rule.Missed, wanted: [String]) throws {
    // The first one on time, then four while the power is gone.
    let lines = try play(
      [try daily("0 * * * *", missed)], start: "2026-11-21 10:30",
      [Self.daily, #"{"at": "45min", "restart": "255min"}"#, #"{"at": "331min"}"#])
    let logs = lines.filter { $0.contains("log") }.map { "\($0.prefix(8)) \($0.split(separator: "\"")[1])" }
    #expect(logs == ["11:00:00 on time"] + wanted)
  }

  @Test(arguments: [(Rule.Missed.skip, []), (.run, ["15:05:00 1"]), (.coalesce, ["15:05:00 5"])])
  func theFirstMomentOfAllIsMissedToo(missed: Rule.Missed, wanted: [String]) throws {
    let lines = try play(
      [try daily("0 * * * *", missed)], start: "2026-11-21 10:30",
      [Self.daily, #"{"at": "15min", "restart": "260min"}"#, #"{"at": "276min"}"#])
    let logs = lines.filter { $0.contains("log") }.map { "\($0.prefix(8)) \($0.split(separator: "\"")[1])" }
    #expect(Set(logs) == Set(wanted) && logs.count == (missed == .run ? 5 : wanted.count), "\(logs)")
  }

  @Test func aClockThatWasPutBackMakesNothingTwiceAfterARestartEither() throws {
    let lines = try play(
      [try daily("0 * * * *")], start: "2026-11-21 10:59",
      [
        Self.daily, #"{"at": "150s", "clock": "-1h"}"#, #"{"at": "160s", "restart": "1s"}"#,
        #"{"at": "122min"}"#,
      ])
    let logs = lines.filter { $0.contains("log") }.map { String($0.prefix(8)) }
    #expect(logs == ["11:00:00", "12:00:00"], "\(lines)")
  }

  /// A machine without a clock, whose program is started anew before the clock is set.
  @Test func aWaitIsNotMadeLongerByRestartsWithoutAClock() throws {
    let delayed = rule([press], [.wait(.seconds(100)), .log("x")])
    var kept: [String: JSONObject] = [:]
    func keep(_ turn: Turn) {
      for checkpoint in turn.checkpoints { kept[checkpoint.key] = checkpoint.body }
    }
    func started(_ boot: String, at now: Stamp) -> Engine {
      var engine = Engine([delayed], boot: boot, at: now)
      let left = kept.sorted { $0.key < $1.key }.map { Turn.Checkpoint(key: $0.key, body: $0.value) }
      keep(engine.start(left, at: now))
      return engine
    }
    func stamp(_ wall: Int64, _ seconds: UInt64) -> Stamp {
      Stamp(wall: wall * 1_000_000_000, monotonic: Instant(nanoseconds: seconds * 1_000_000_000))
    }
    let begin = stamp(1_795_000_000, 1000)
    var engine = started("a", at: begin)
    keep(engine.handle(.happened(.gesture(line: "bell", .press)), at: begin))
    engine = started("b", at: stamp(5, 5))
    #expect(engine.nextDeadline == Instant(nanoseconds: 105_000_000_000))
    engine = started("b", at: stamp(65, 65))
    #expect(engine.nextDeadline == Instant(nanoseconds: 105_000_000_000))
    // Set 80 s after the wait began; and started once more.
    keep(engine.handle(.time, at: stamp(1_795_000_080, 70)))
    #expect(engine.nextDeadline == Instant(nanoseconds: 90_000_000_000))
    engine = started("b", at: stamp(1_795_000_085, 75))
    #expect(engine.nextDeadline == Instant(nanoseconds: 90_000_000_000))
  }

  @Test(arguments: [
    // Put back an hour: what was done is not done again. Put forward: what lies between is missed.
    ("-1h", ["12:00:00 on time"]), ("1h", ["13:00:00 on time"]),
    // Wrong by a year before: it starts anew from now.
    ("-8760h", ["12:00:00 on time"]), ("8760h", ["12:00:00 on time"]),
  ])
  func aClockThatJumpsMakesNothingTwice(jump: String, wanted: [String]) throws {
    let lines = try play(
      [try daily("0 * * * *")], start: "2026-11-21 10:59",
      [Self.daily, #"{"at": "150s", "clock": "\#(jump)"}"#, #"{"at": "121min"}"#])
    let logs = lines.filter { $0.contains("log") }.map { "\($0.prefix(8)) \($0.split(separator: "\"")[1])" }
    #expect(logs.first == "11:00:00 on time")
    #expect(Set(logs.dropFirst()).isSuperset(of: wanted), "\(logs)")
    #expect(logs.count <= 3)
  }

  @Test func aMachineWithoutAClockWaitsUntilItIsSet() throws {
    let delayed = rule("delayed", [press], [.wait(.seconds(3600)), .log("waited")])
    let events = [
      pressed, #"{"at": "10min", "restart": "1s"}"#,
      // The clock begins in 1970 and is set two minutes later.
      #"{"at": "10min", "clock": "-498480h"}"#, #"{"at": "11min", "restart": "1s"}"#,
      #"{"at": "13min", "clock": "498480h"}"#, #"{"at": "2h"}"#,
    ]
    let lines = try play([try daily("*/10 * * * *"), delayed], start: "2026-11-21 10:00", events)
    let logs = lines.filter { $0.contains("log") }.map { String($0.prefix(8)) }
    // 10:10, then none in 1970, then all from 10:20 on; the wait is as long as ever.
    #expect(logs.prefix(3) == ["10:10:00", "10:20:00", "10:30:00"], "\(lines)")
    #expect(lines.contains { $0.hasSuffix("log \"waited\"") && $0.hasPrefix("11:0") })
  }

  @Test func aWaitIsNotMovedByAClockThatJumps() throws {
    for jump in ["1h", "-1h", "8760h", "-8760h"] {
      let lines = try play(
        [rule([press], [.wait(.seconds(100)), .log("x")])],
        [
          pressed, #"{"at": "50s", "clock": "\#(jump)"}"#, #"{"at": "99s"}"#,
          #"{"at": "101s", "trigger": "webhook.end"}"#,
        ])
      #expect(
        lines.filter { $0.contains("log") }.map { String($0.prefix(8).dropFirst(3)) } == ["01:40"], "\(jump)")
    }
  }

  @Test func anotherBootGoesByTheWallClock() throws {
    let before = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 5_000_000_000))
    let deadline = Deadline(after: .seconds(100), before)
    // Seconds on the new boot's wall clock since the wait began, and what is left then.
    for (passed, left, isOpen) in [(30, 70, false), (0, 100, false), (500, 0, false), (-40, 100, true)] {
      let now = Stamp(
        wall: before.wall + Int64(passed) * 1_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
      let restored = try #require(Deadline(deadline.json, isSameBoot: false, now))
      #expect(restored.instant - now.monotonic == .seconds(left))
      #expect(restored.isProvisional == isOpen)
    }
    let same = try #require(Deadline(deadline.json, isSameBoot: true, before))
    #expect(same == deadline)
  }

  @Test(arguments: [
    ("2026-03-29 00:00", ["02:30:00 on time", "03:00:00 on time"]),
    ("2026-10-25 00:00", ["02:30:00 on time"]),
  ])
  func summerTimeComesAndGoes(start: String, wanted: [String]) throws {
    let zone = try #require(TimeZone(rule: "CET-1CEST,M3.5.0,M10.5.0/3"))
    let lines = try play(
      [try daily("30 2 * * *")], zone: zone, start: start, [Self.daily, #"{"at": "20h"}"#])
    let logs = lines.filter { $0.contains("log") }.map { "\($0.prefix(8)) \($0.split(separator: "\"")[1])" }
    #expect(logs.count == 1 && wanted.contains(logs[0]), "\(logs)")
  }

  // MARK: The rest

  @Test func aReloadKeepsWhatStaysAndEndsWhatDoesNot() throws {
    var now = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
    let kept = rule("kept", [press], [.wait(.seconds(5)), .log("kept")])
    let gone = rule("gone", [press], [.wait(.seconds(5)), .log("gone")])
    var engine = Engine([gone, kept], at: now)
    _ = engine.start([], at: now)
    _ = engine.handle(.happened(.gesture(line: "bell", .press)), at: now)
    #expect(engine.running == ["gone", "kept"])
    let turn = engine.replace([kept], at: now)
    #expect(turn.facts.map { $0.body["failure"] } == ["the configuration was changed"])
    #expect(engine.running == ["kept"])
    now.monotonic = now.monotonic + .seconds(5)
    now.wall += 5_000_000_000
    let rest = engine.handle(.time, at: now)
    guard case .perform(let effect)? = rest.actions.first else { throw Missing() }
    #expect(effect.step == .log("kept"))
  }

  private struct Missing: Error {}

  @Test func aStepThatIsNotReportedIsAbandoned() throws {
    var now = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
    var engine = Engine([rule([press], [.run(argv: ["x"], timeout: .seconds(10)), .log("y")])], at: now)
    _ = engine.start([], at: now)
    let turn = engine.handle(.happened(.gesture(line: "bell", .press)), at: now)
    guard case .perform(let effect)? = turn.actions.last else { throw Missing() }
    now.monotonic = now.monotonic + .seconds(15)
    let late = engine.handle(.time, at: now)
    #expect(late.actions.first == .abandon(effect.id, rule: "r", effect.step))
    // The report comes late: it belongs to nothing any more.
    #expect(engine.handle(.stepEnded(effect.id, .done(.null)), at: now) == Turn())
  }

  @Test func checkpointsOfAnotherProgramAreLeftAndTold() throws {
    let now = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
    var engine = Engine([rule([press], [.wait(.seconds(5)), .log("a")])], boot: "b", at: now)
    _ = engine.start([], at: now)
    let left = engine.handle(.happened(.gesture(line: "bell", .press)), at: now).checkpoints
    for rules in [[], [rule([press], [.wait(.seconds(5)), .log("other")])]] {
      var next = Engine(rules, boot: "b", at: now)
      let turn = next.start(left, at: now)
      #expect(turn.checkpoints.contains { $0.key == "automation/run/1" && $0.body == nil })
      #expect(turn.facts.map(\.kind) == ["rule.ended"])
      #expect(next.running == [])
    }
    // Nor does anything that is no checkpoint of ours harm.
    var next = Engine([rule([press], [.log("a")])], boot: "b", at: now)
    let odd = left.map { Turn.Checkpoint(key: $0.key, body: ["rule": "r", "strands": [1], "id": "x"]) }
    #expect(next.start(odd, at: now).actions == [])
  }

  @Test func aButtonThatIsHeldIsToldOnce() {
    let now = Stamp(wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000))
    var engine = Engine([rule([Watch(.gesture(line: "bell", .hold))], [])], at: now)
    _ = engine.start([], at: now)
    let hold = Trigger.gesture(line: "bell", .hold)
    #expect(engine.handle(.happened(hold), at: now).facts.map(\.kind) == ["rule.started", "rule.ended"])
    #expect(engine.handle(.happened(hold, data: ["repeated": true]), at: now).facts == [])
    // One that fails is told with its beginning.
    var failing = Engine([rule([Watch(.gesture(line: "bell", .hold))], [.call(rule: "none")])], at: now)
    failing.rules[0].durable = false
    failing.programs = failing.rules.map(Program.init)
    _ = failing.start([], at: now)
    let facts = failing.handle(.happened(hold, data: ["repeated": true]), at: now).facts
    #expect(facts.map(\.kind) == ["rule.started", "rule.ended"])
  }

  @Test func everyTriggerIsReadAsItIsWritten() {
    for text in [
      "start", "shutdown", "sound", "gpio.bell", "gpio.bell.press", "command.on", "webhook.w",
      "journal.worker.ended",
      "outcome.$CHAT", "sensor.s", "worker.w", "realm.$CHAT",
    ] { #expect(Trigger(text: text)?.text == text) }
    for text in [
      "", "begin", "gpio", "gpio.", "gpio.a.b", "gpio..press", "gpio.a.press.x", "command.", "sensor.a.b",
      "journal",
    ] {
      #expect(Trigger(text: text) == nil, "\(text)")
    }
  }
}

extension String {
  /// An event at another time.
  fileprivate func at(_ time: String) -> String {
    "{\"at\": \"\(time)\", " + dropFirst(1).replacing("\"at\": \"0s\", ", with: "")
  }
}
