// SPDX-License-Identifier: Apache-2.0
import Automation
import TestSupport
import Testing

@testable import Configuration

@Suite struct StepTests {
  private let reader = ConfigurationReader(boards: BoardCatalog(directories: []))

  private func read(_ step: String) throws -> [Step] {
    let text = """
      gpio: {lamp: {output: 5}, bell: {input: 6}}
      automations: {a: {on: start, do: [\(step)]}}
      notifications: {phone: {url: "https://example.org/hook"}}
      sensors: {cellar: {file: /dev/null}}
      """
    return try reader.read(text: text, name: "f").automations[0].steps
  }

  @Test func everyStepIsRead() throws {
    let rows: [(String, Step)] = [
      ("{set: lamp, to: off}", .set(line: "lamp", on: false)),
      ("{toggle: lamp}", .toggle(line: "lamp")),
      ("{pulse: lamp, for: 2s}", .pulse(line: "lamp", duration: .seconds(2))),
      (
        "{blink: lamp, on: 1s, off: 2s, times: 4}",
        .blink(line: "lamp", on: .seconds(1), off: .seconds(2), count: 4)
      ),
      ("{pattern: lamp, name: breathe}", .pattern(line: "lamp", name: "breathe")),
      ("{say: Hello}", .say("Hello")),
      ("{play: bell.wav}", .play(file: "bell.wav")),
      ("{run: [date, -u], timeout: 3s}", .run(argv: ["date", "-u"], timeout: .seconds(3))),
      ("{log: here}", .log("here")),
      ("{wait: 500ms}", .wait(.milliseconds(500))),
      ("{listen: hold}", .listen(.hold)),
      (
        "{ask: $CHAT, text: \"Is it {{ line.lamp }}?\", save: it, timeout: 5s}",
        .ask(
          Step.Question(
            realm: "$CHAT", text: "Is it {{ line.lamp }}?", save: "it", timeout: .seconds(5)))
      ),
      ("{http: \"http://a/b\", method: POST, body: x, save: it, at_most_once: on}", .once(.http(request))),
      ("{notify: phone, text: Hello}", .notify(channel: "phone", text: "Hello")),
      ("{until: line.lamp == on}", .until(try Expression("line.lamp == on"), timeout: .seconds(300))),
      (
        "{await: gpio.bell.press, save: it, timeout: 1h}",
        .await(.gesture(line: "bell", .press), save: "it", timeout: .seconds(3600))
      ),
      (
        "{approve: Really?, yes: gpio.bell.click, no: [webhook.a, webhook.b], timeout: 1min, else: {log: no}}",
        .approve(
          Step.Approval(
            question: "Really?", yes: [.gesture(line: "bell", .click)], no: [.webhook("a"), .webhook("b")],
            timeout: .seconds(60), otherwise: [.log("no")]))
      ),
      (
        "{choose: [{if: sensor.cellar > 3, do: {log: a}}], else: [{log: b}]}",
        .choose(
          [.init(condition: try Expression("sensor.cellar > 3"), steps: [.log("a")])], otherwise: [.log("b")])
      ),
      ("{parallel: [{log: a}, [{log: b}, {log: c}]]}", .parallel([[.log("a")], [.log("b"), .log("c")]])),
      (
        "{repeat: 3, while: \"true\", do: {log: a}}",
        .repeat(times: 3, while: try Expression("true"), [.log("a")])
      ),
      ("{call: a}", .call(rule: "a")),
      ("{stop: on}", .stop),
    ]
    #expect(rows.count == StepKind.allCases.count)
    for (text, step) in rows { #expect(try read(text) == [step]) }
  }

  private var request: Step.Request {
    var request = Step.Request(url: "http://a/b")
    (request.method, request.body, request.save) = ("POST", "x", "it")
    return request
  }

  @Test(arguments: [
    ("{set: lamp}", "automations.a.do[0]: 'to' is missing: on or off."),
    ("{toggle: lmap}", "automations.a.do[0].toggle: gpio has no output or led 'lmap'. Did you mean 'lamp'?"),
    ("{pulse: lamp, for: 0s}", "automations.a.do[0].for: '0s' is out of range. Allowed: 1ms…1h."),
    (
      "{blink: lamp, times: many}",
      "automations.a.do[0].times: 'many' is not a whole number. Allowed: 1…1000."
    ),
    (
      "{pattern: lamp, name: breath}",
      "automations.a.do[0].name: 'breath' is not one of breathe, heartbeat, flash, alarm. Did you mean 'breathe'?"
    ),
    (
      "{say: \"{light}\"}",
      "automations.a.do[0].say: {light}: only automations with 'on: command.NAME' have slots."
    ),
    (
      "{play: }",
      "automations.a.do[0].play: no value is given; expected path of a WAV file, or a built-in tone."
    ),
    ("{run: date}", "automations.a.do[0].run: expected a list: program and arguments."),
    ("{log: \"{a\"}", "automations.a.do[0].log: '{a': a brace is open. Write {name}."),
    ("{wait: 5}", "automations.a.do[0].wait: '5' has no unit. Did you mean '5ms'?"),
    ("{listen: always}", "automations.a.do[0].listen: 'always' is not one of once, hold, release."),
    ("{say: x, loud: on}", "automations.a.do[0]: unknown key 'loud'. Allowed: say."),
    (
      "hello",
      "automations.a.do[0]: expected a step such as 'set: …'; steps: set, toggle, pulse, blink, pattern, say, play, run, log, wait, listen, ask, http, notify, until, await, approve, choose, parallel, repeat, call, stop."
    ),
    ("{say: \"{{ line.lmap }}\"}", "automations.a.do[0].say: gpio has no line 'lmap'. Did you mean 'lamp'?"),
    ("{say: \"{{ 1 + }}\"}", "automations.a.do[0].say: ' 1 + ': column 6: a value is missing at the end."),
    (
      "{until: lamp == on}",
      "automations.a.do[0].until: 'lamp == on': there is no 'lamp'. Names begin with: event, answer, line, sensor, worker, realm, sound. A text needs quotes: 'lamp'."
    ),
    (
      "{until: \"line.lamp = on\"}",
      "automations.a.do[0].until: 'line.lamp = on': column 11: '=' compares nothing. Write '=='."
    ),
    (
      "{notify: fone, text: x}",
      "automations.a.do[0].notify: there is no channel 'fone'. Notifications: phone."
    ),
    ("{call: b}", "automations.a.do[0].call: there is no automation 'b'. Did you mean 'a'?"),
    (
      "{await: gpio.bell.pres}",
      "automations.a.do[0].await: 'gpio.bell.pres': 'pres' is not one of press, release, click, double, triple, multi, hold, motion, no_motion. Did you mean 'press'?"
    ),
    ("{choose: [{do: {log: x}}]}", "automations.a.do[0].choose[0]: 'if' is missing: expression."),
    ("{ask: $CHAT}", "automations.a.do[0]: 'text' is missing: text."),
    (
      "{parallel: [{set: lmap, to: on}]}",
      "automations.a.do[0][0].set: gpio has no output or led 'lmap'. Did you mean 'lamp'?"
    ),
  ])
  func aWrongStepIsTold(_ step: String, _ problem: String) {
    let problems = thrown(ConfigurationProblems.self) { try read(step) }
    #expect(problems?.description == "f:2: " + problem)
  }
}
