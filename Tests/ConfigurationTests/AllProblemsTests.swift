// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Configuration

/// One file with a mistake of each kind, and everything that is told about it in one run.
@Suite struct AllProblemsTests {
  @Test func everyMistakeIsToldInOneRunWithItsLine() {
    let reader = ConfigurationReader(boards: BoardCatalog(directories: []))
    let problems = thrown(ConfigurationProblems.self) {
      try reader.read(text: Self.text, name: "mtor.yml")
    }
    #expect(problems?.description == Self.expected)
    #expect(problems?.isUnreadable == false)
  }

  private static let text = #"""
    board: simm
    nod: x
    voice:
      wake: phrse
      hangover: 20
      pre_roll: 10s
      deadline: fast
      maximum_utterance: 2 sec
    gpio:
      Kitchen Light: {output: GPIO1}
      bell:
        input: GPIO1
        debouce: 5ms
        safe: on
      lamp: {output: GPIO1, debounce: 5ms}
      nothing: {kind: button}
      both: {input: A, output: B}
    commands:
      on: turn on {lihgt}
      off: [turn off, "x {light"]
    lists:
      light: [kitchen lamp, lamp]
    automations:
      a:
        on: gpio.lamp.press
        do:
          - set: bel
            to: on
          - set: {light}
            to: maybe
      b:
        on: comand.on
        do: [{say: x}]
      c:
        on: command.of
        do: {sya: x}
      d:
        on: command.off
        do:
          - say: "{light} {time}"
          - pulse: lamp
            for: 1
    workers:
      w: {url: "http://x"}
    services: {wake: ww}
    microphone: {device: a, file: b, buffer: 40ms, rate: 16000}
    speaker: [x]
    log: {modules: {audio: loud}}
    """#

  private static let expected = #"""
    mtor.yml:1: board: 'simm': no such board. Did you mean 'sim'?
    mtor.yml:2: unknown key 'nod'. Did you mean 'node'?
    mtor.yml:4: voice.wake: 'phrse' is not one of phrase, button, vad, off. Did you mean 'phrase'?
    mtor.yml:5: voice.hangover: '20' has no unit. Did you mean '20ms'?
    mtor.yml:6: voice.pre_roll: '10s' is out of range. Allowed: 0ms…2s.
    mtor.yml:7: voice.deadline: 'fast' is not a duration. Write a number and its unit, e.g. '20ms'.
    mtor.yml:8: voice.maximum_utterance: '2 sec': unknown unit 'sec'. Allowed: ms, s, min, h, us.
    mtor.yml:10: gpio: 'Kitchen Light' is not a name: use small letters, digits and '_', at most 48. Did you mean 'kitchen_light'?
    mtor.yml:13: gpio.bell: unknown key 'debouce'. Did you mean 'debounce'?
    mtor.yml:14: gpio.bell: 'safe' has a meaning only with output or led.
    mtor.yml:15: gpio.lamp: 'debounce' has a meaning only with input.
    mtor.yml:15: gpio.lamp.output: 'GPIO1' is already used by gpio.bell (line 11). A line has one owner.
    mtor.yml:16: gpio.nothing: one of input, output, led is missing.
    mtor.yml:17: gpio.both: 'input' and 'output' exclude each other. Keep one of them.
    mtor.yml:19: commands.on[0]: 'turn on {lihgt}': no list is called 'lihgt'. Did you mean 'light'? Known: duration, light, number, ordinal, percent, time.
    mtor.yml:20: commands.off[1]: 'x {light': '{' is not closed. Add '}'.
    mtor.yml:25: automations.a.on: gpio has no input 'lamp'. Inputs: bell, nothing.
    mtor.yml:27: automations.a.do[0].set: gpio has no output or led 'bel'. Outputs: lamp, both.
    mtor.yml:29: automations.a.do[1].set: {light} is a map to YAML. Put the text in quotes: "{light}".
    mtor.yml:30: automations.a.do[1].to: 'maybe' is neither on nor off.
    mtor.yml:32: automations.b.on: 'comand.on' is not a trigger. Write start, gpio.LINE.GESTURE or command.NAME. Did you mean 'command…'?
    mtor.yml:35: automations.c.on: there is no command 'of'. Did you mean 'off'?
    mtor.yml:36: automations.c.do[0]: 'sya' is not a step. Did you mean 'say'?
    mtor.yml:42: automations.d.do[1].for: '1' has no unit. Did you mean '1ms'?
    mtor.yml:44: workers.w.url: 'http://x' is not tcp://host:port or unix:///path, e.g. 'tcp://192.168.1.20:10400'. Services that speak HTTP have another 'kind'.
    mtor.yml:45: services.wake: there is no worker 'ww'. Did you mean 'w'?
    mtor.yml:46: microphone.rate: '16000' has no unit. Did you mean '16000Hz'?
    mtor.yml:46: microphone: 'device' and 'file' exclude each other. Keep one of them.
    mtor.yml:47: speaker: expected keys with values below it: 'device: …', 'period: …', 'buffer: …', ….
    mtor.yml:48: log.modules.audio: 'loud' is not one of debug, info, notice, warning, error.
    """#
}
