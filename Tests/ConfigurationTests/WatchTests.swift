// SPDX-License-Identifier: Apache-2.0
import Automation
import TestSupport
import Testing

@testable import Configuration

@Suite struct WatchTests {
  private let reader = ConfigurationReader(boards: BoardCatalog(directories: []))

  private func read(_ on: String) throws -> [Watch] {
    let text = """
      gpio: {bell: {input: 5}, lamp: {output: 6}}
      automations: {a: {on: \(on), do: [{log: x}]}}
      sensors: {cellar: {file: /dev/null}}
      location: {latitude: 52.5, longitude: 13.4}
      commands: {go: go}
      """
    let settings = try reader.read(text: text, name: "f")
    // What is written reads back as the same.
    let again = try reader.read(text: ConfigurationTexts.effective(settings), name: "f")
    #expect(again.automations == settings.automations)
    return settings.automations[0].watches
  }

  @Test func everyKindOfTriggerIsRead() throws {
    let level = Watch(.trigger(.level(line: "bell")), test: .equal("on"), hold: .seconds(600))
    var warm = Watch(.trigger(.sensor("cellar")), test: .above(30), hold: .seconds(60))
    warm.hysteresis = 2
    let cron = try CronPattern("30 7 * * mon-fri")
    let sun = Sun(latitude: 52.5, longitude: 13.4)
    let rows: [(String, [Watch])] = [
      ("start", [Watch(.start)]),
      ("[start, gpio.bell.click]", [Watch(.start), Watch(.gesture(line: "bell", .click))]),
      ("{trigger: gpio.bell, is: on, for: 10min}", [level]),
      ("{trigger: gpio.bell.press, for: 10min}", [level]),
      ("{trigger: sensor.cellar, above: 30, hysteresis: 2, for: 1min}", [warm]),
      ("{time: \"07:30\"}", [Watch(.schedule(.time(try CronPattern("07:30"))))]),
      ("{time: \"30 7 * * mon-fri\"}", [Watch(.schedule(.time(cron)))]),
      ("{sun: sunset, offset: -30min}", [Watch(.schedule(.sun(.sunset, offset: .seconds(-1800), sun)))]),
      ("{every: 15min}", [Watch(.schedule(.every(.seconds(900))))]),
      (
        "{trigger: webhook.parcel, if: event.from == 'shop'}",
        [Watch(.trigger(.webhook("parcel")), condition: try Expression("event.from == 'shop'"))]
      ),
      ("journal.worker.ended", [Watch(.journal("worker.ended"))]),
      ("{trigger: worker.speech, is: down}", [Watch(.trigger(.worker("speech")), test: .equal("down"))]),
      ("{trigger: sound, above: -30}", [Watch(.trigger(.sound), test: .above(-30))]),
    ]
    for (text, watches) in rows { #expect(try read(text) == watches, "\(text)") }
  }

  @Test(arguments: [
    ("{for: 1s}", "automations.a.on: 'for' has a meaning only with trigger."),
    ("{if: hour() > 3}", "automations.a.on: one of trigger, time, sun, every is missing."),
    (
      "{time: \"25:00\"}",
      "automations.a.on.time: '25:00' is no time. Write 07:30, or five fields: MIN HOUR DAY MONTH WEEKDAY."
    ),
    (
      "{time: \"* * * * *\", every: 1s}",
      "automations.a.on: 'time' and 'every' exclude each other. Keep one of them."
    ),
    (
      "{trigger: gpio.bell.click, is: on}",
      "automations.a.on: gpio.bell.click is a moment and has no value for is, above or below."
    ),
    ("{trigger: gpio.lamp, is: on}", "automations.a.on: gpio has no input 'lamp'. Inputs: bell."),
    (
      "{trigger: sensor.celar, above: 3}",
      "automations.a.on: there is no sensor 'celar'. Did you mean 'cellar'?"
    ),
    (
      "{trigger: journal.rule.ended}",
      "automations.a.on.trigger: 'journal.rule.ended': what automations do starts no automation. Use 'call'."
    ),
    (
      "{trigger: sensor.cellar, hysteresis: 2}",
      "automations.a.on: 'hysteresis' has a meaning only with above or below."
    ),
    ("[]", "automations.a.on: 0 items; 1 to 16 are allowed."),
  ])
  func aWrongTriggerIsTold(_ on: String, _ problem: String) {
    let problems = thrown(ConfigurationProblems.self) { try read(on) }
    #expect(problems?.description == "f:2: " + problem)
  }

  @Test func theSunNeedsAPlace() {
    let problems = thrown(ConfigurationProblems.self) {
      try reader.read(text: "automations: {a: {on: {sun: sunrise}, do: {log: x}}}", name: "f")
    }
    #expect(problems?.description.contains("give location.latitude") == true)
  }
}
