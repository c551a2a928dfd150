// SPDX-License-Identifier: Apache-2.0
import Configuration
import Speech
import Time

/// The house that simulated worlds play in.
enum WorldConfiguration {
  /// An automation switches it on for `whileTime`.
  static let whileLine = "porch"
  static let whileTime: Duration = .seconds(2)

  /// On once the door has been open for `alarmTime`, off when it is closed.
  static let (door, alarmLine) = ("door", "alarm")
  static let alarmTime: Duration = .seconds(3)
  /// Pulses at each multiple of `beaconTime` of the wall clock.
  static let beaconLine = "beacon"
  static let beaconTime: Duration = .seconds(600)
  /// Pulses with the doorbell, at most `bellsMax` times in `bellsTime`.
  static let bellLine = "bell"
  static let bellsMax = 3
  static let bellsTime: Duration = .seconds(60)
  /// Pulses in even minutes of the wall clock only.
  static let evenLine = "even"

  static let wakePhrase = "hey jarvis"
  static let sentences = [
    "turn on the lamp", "turn off the fan", "good night", "what time is it", "be slow", "talk a lot",
    "make it bright", "tell me a joke", "mumble mumble", "",
  ]

  static func text(in directory: String) -> String {
    """
    board: sim
    node: world
    microphone: {device: sim}
    speaker: {device: sim}
    sounds: {wake: wake, failure: failure}
    services: {wake: speech, speech_to_text: speech, text_to_speech: speech, intent: brain, handle: brain}
    workers:
      speech: {url: "unix://\(directory)/speech.sock"}
      brain: {url: "unix://\(directory)/brain.sock"}
    gpio:
      doorbell: {input: GPIO1}
      dial: {input: GPIO2, hold_time: 500ms, hold_repeat: 200ms}
      talk: {input: GPIO3, kind: contact}
      ask: {input: GPIO4}
      hall: {input: GPIO5, kind: motion, off_delay: 20s}
      door: {input: GPIO6, kind: contact}
      lamp: {output: GPIO7}
      fan: {output: GPIO8}
      porch: {output: GPIO9}
      siren: {output: GPIO10, safe: on}
      alarm: {output: GPIO11}
      beacon: {output: GPIO12}
      bell: {output: GPIO13}
      even: {output: GPIO14}
      status: {led: status}
    lists:
      thing: [lamp, fan, siren]
    commands:
      thing_on: turn on [the] {thing}
      thing_off: turn off [the] {thing}
      night: good night
      time: what time is it
      slow: be slow
      talk: talk a lot
      unheard: do nothing
    automations:
      rings: {on: gpio.doorbell.press, do: [{blink: lamp, on: 200ms, off: 200ms, times: 3}, {say: Ring.}]}
      twice: {on: gpio.doorbell.double, do: [{toggle: fan}]}
      dials: {on: gpio.dial.hold, do: [{toggle: siren}, {log: dialled}]}
      asks: {on: gpio.ask.press, do: [{listen: once}]}
      talks: {on: gpio.talk.press, do: [{listen: hold}]}
      talked: {on: gpio.talk.release, do: [{listen: release}]}
      moves: {on: gpio.hall.motion, do: [{blink: status, on: 300ms, off: 300ms, times: 5}]}
      rests: {on: gpio.hall.no_motion, do: [{set: status, to: off}, {play: done}]}
      opens: {on: gpio.door.press, do: [{set: porch, to: on}, {wait: 2s}, {set: porch, to: off}]}
      left_open: {on: {trigger: gpio.door, is: on, for: 3s}, do: {set: alarm, to: on}}
      closed: {on: {trigger: gpio.door, is: off}, do: {set: alarm, to: off}}
      beacon: {on: {every: 10min}, durable: on, do: {pulse: beacon, for: 1s}}
      bells:
        on: gpio.doorbell.press
        mode: parallel
        at_most: 3
        within: 1min
        do: {pulse: bell, for: 50ms}
      even:
        on: gpio.hall.motion
        do: [{until: minute() % 2 == 0, timeout: 1h}, {pulse: even, for: 50ms}]
      thing_on: {on: command.thing_on, do: [{set: "{thing}", to: on}, {say: "The {thing} is on."}]}
      thing_off: {on: command.thing_off, do: [{set: "{thing}", to: off}, {say: "The {thing} is off."}]}
      night:
        on: command.night
        do:
          - pattern: status
            name: breathe
          - {set: lamp, to: off}
          - wait: 1s
          - say: Good night.
          - {set: status, to: off}
      time: {on: command.time, do: [{say: "It is {time}."}]}
      slow: {on: command.slow, do: [{wait: 20s}, {say: Done at last.}]}
      talk:
        on: command.talk
        do: [{say: This is a very long story about a lamp that nobody ever wanted to hear to its end.}]
    """
  }

  /// The settings of a world: the house, with a voice path as its seed has it.
  static func settings(
    in directory: String, _ random: inout SeededGenerator
  ) throws(ConfigurationProblems) -> Settings {
    var settings = try ConfigurationReader().read(text: text(in: directory), name: "world.yml")
    settings.voice.wakeMode = random.pick([(6, VoiceSettings.WakeMode.phrase), (2, .vad), (2, .button)])
    settings.voice.bargeIn = random.pick([VoiceSettings.BargeIn.wake, .speech, .off])
    settings.voice.hangover = random.milliseconds(200...900)
    settings.voice.deadline = random.milliseconds(2000...9000)
    return settings
  }
}
