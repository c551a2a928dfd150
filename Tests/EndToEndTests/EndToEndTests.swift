// SPDX-License-Identifier: Apache-2.0
import Testing

/// The real programs, as a person has them: configuration in, log and command line out.
@Suite enum EndToEndTests {
  /// A small house; tests put what they need before it.
  static let house = """
    board: sim
    speaker: {device: "null"}
    log: {spoken_text: on}
    gpio:
      talk: {input: GPIO17}
      bell: {input: GPIO27}
      lamp: {output: GPIO5}
    commands:
      light_on: turn on the light
      light_off: turn off the light
      slow: open the garage
    automations:
      hears: {on: gpio.bell.press, do: [{listen: once}]}
      holds: {on: gpio.talk.press, do: [{listen: hold}]}
      lets_go: {on: gpio.talk.release, do: [{listen: release}]}
      light_on:
        on: command.light_on
        do: [{set: lamp, to: on}, {say: The light is on.}]
      light_off:
        on: command.light_off
        do: [{set: lamp, to: off}, {say: The light is off.}]
      slow:
        on: command.slow
        do: [{run: [cat, "{dir}/gate"], timeout: 60s}, {say: It is open.}]

    """
}
