// SPDX-License-Identifier: Apache-2.0
import Automation
import TestSupport
import Testing

@testable import Configuration

@Suite struct StepTests {
  private let reader = ConfigurationReader(boards: BoardCatalog(directories: []))

  private func read(_ step: String) throws -> [Step] {
    let text = "gpio: {lamp: {output: 5}}\nautomations: {a: {on: start, do: [\(step)]}}"
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
    ]
    #expect(rows.count == StepKind.allCases.count)
    for (text, step) in rows { #expect(try read(text) == [step]) }
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
      "automations.a.do[0]: expected a step such as 'set: …'; steps: set, toggle, pulse, blink, pattern, say, play, run, log, wait, listen."
    ),
  ])
  func aWrongStepIsTold(_ step: String, _ problem: String) {
    let problems = thrown(ConfigurationProblems.self) { try read(step) }
    #expect(problems?.description == "f:2: " + problem)
  }
}
