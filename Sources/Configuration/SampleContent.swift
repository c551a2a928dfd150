// SPDX-License-Identifier: Apache-2.0

/// The parts of the sample that are examples rather than defaults, by top-level key.
enum SampleContent {
  static let intro = """
    # The configuration of mtor. `mtor check FILE` tells every mistake in it.
    #
    # This file runs as it is: the examples below make a small house on simulated lines. Set `board` to
    # yours and adapt the examples. A key that is commented out shows its default. Amounts are written with
    # their units: 20ms, 8s, 5min · 256MiB · 16kHz · 70% · -15dB.
    # Every key is described in docs/configuration.md.
    """

  static let texts: [String: String] = [
    "board": "board: sim",
    "wake_phrases": """
    wake_phrases:
      - hey jarvis
    # - phrase: hello computer      # with thresholds of its own
    #   threshold: 1e-50
    #   verify: -3
    """,
    "gpio": """
    gpio:
      doorbell:
        input: GPIO17
        bias: pull_up
        active_low: on
      hall_motion:
        input: GPIO27
        kind: motion
        off_delay: 30s
      kitchen_light:
        output: GPIO5
      living_room_light:
        output: GPIO6
      bedroom_light:
        output: GPIO13
      porch_light:
        output: GPIO19
      heater:
        output: GPIO26
      fan:
        output: GPIO20
      coffee_machine:
        output: GPIO21
      door_opener:
        output: GPIO16
    """,
    "lists": """
    lists:
      light: [kitchen light, living room light, bedroom light, porch light]
      device: [heater, fan, coffee machine]
    """,
    "commands": """
    commands:
      light_on:
        - turn on [the] {light}
        - turn [the] {light} on
      light_off:
        - turn off [the] {light}
        - turn [the] {light} off
      all_lights_off: turn off [all] the lights
      device_on: (turn on|start) the {device}
      device_off: (turn off|stop) the {device}
      open_door: (open|unlock) the [front] door
      time: (what time is it|what is the time)
      date: (what is the date today|what day is it)
      temperature: set the temperature to {number} degrees
      good_night: good night
      good_morning: good morning
      help: (help|what can you do)
      never_mind: (stop|never mind)
    """,
    "automations": """
    automations:
      doorbell_rings:
        on: gpio.doorbell.press
        do:
          - blink: porch_light
            on: 200ms
            off: 200ms
            times: 5
          - say: Somebody is at the door.

      hall_lights_up:
        on: gpio.hall_motion.motion
        do:
          - set: porch_light
            to: on
      hall_goes_dark:
        on: gpio.hall_motion.no_motion
        do:
          - set: porch_light
            to: off

      light_on:
        on: command.light_on
        do:
          - set: "{light}"          # 'kitchen light' drives kitchen_light
            to: on
          - say: The {light} is on.
      light_off:
        on: command.light_off
        do:
          - set: "{light}"
            to: off
          - say: The {light} is off.
      all_lights_off:
        on: command.all_lights_off
        do:
          - {set: kitchen_light, to: off}
          - {set: living_room_light, to: off}
          - {set: bedroom_light, to: off}
          - {set: porch_light, to: off}
          - say: All lights are off.

      device_on:
        on: command.device_on
        do:
          - set: "{device}"
            to: on
          - say: The {device} is on.
      device_off:
        on: command.device_off
        do:
          - set: "{device}"
            to: off
          - say: The {device} is off.

      open_door:
        on: command.open_door
        do:
          - pulse: door_opener
            for: 2s
          - say: The door is open.
      tell_time:
        on: command.time
        do:
          - say: It is {time}.
      tell_date:
        on: command.date
        do:
          - say: Today is {date}.
      temperature:
        on: command.temperature
        do:
          - log: temperature wanted {number}    # or run: [your-program, "{number}"]
          - say: I wrote down {number} degrees.

      good_night:
        on: command.good_night
        do:
          - {set: kitchen_light, to: off}
          - {set: living_room_light, to: off}
          - {set: heater, to: off}
          - {set: bedroom_light, to: on}
          - say: Good night. Sleep well.
      good_morning:
        on: command.good_morning
        do:
          - {set: kitchen_light, to: on}
          - {set: coffee_machine, to: on}
          - say: Good morning. Coffee is on its way.
      help:
        on: command.help
        do:
          - say: Ask me to turn a light on or off, to open the door, or what time it is.
      never_mind:
        on: command.never_mind
        do:
          - say: All right.
    """,
    "sensors": """
    # sensors:
    #   cellar:                     # thousandths of a degree from a 1-wire thermometer
    #     file: /sys/bus/w1/devices/28-*/temperature
    #     scale: 0.001
    #     every: 30s
    """,
    "notifications": """
    # notifications:
    #   phone:                      # {"text": …} is posted until it is taken
    #     url: https://push.example.org/house
    #     priority: high
    """,
    "webhooks": """
    # webhooks:
    #   parcel:                     # POST /webhooks/parcel starts automations with `on: webhook.parcel`
    #     token_file: /etc/mtor/parcel-token
    """,
    "workers": """
    # workers:
    #   speech:                     # comes with mtor: offline wake, speech to text and text to speech
    #     command: [mtor-speech, --uri, "unix://{socket}", "{options}"]
    #     memory_max: 1GiB
    #   big_box:                    # any Wyoming service in the house
    #     url: tcp://192.168.1.20:10300
    #   llm:                        # llama.cpp, Ollama, vLLM, LiteLLM, OpenAI: docs/workers.md
    #     kind: openai
    #     url: http://192.168.1.20:8080
    #     realms: [$CHAT]
    #     system: You live in a loudspeaker. Answer in one or two sentences.
    #   claude:
    #     kind: anthropic
    #     url: https://api.anthropic.com
    #     model: claude-3-5-haiku-latest
    #     key_file: /etc/mtor/claude.key
    #     realms: [$CHAT, $VISION]
    """,
    "realms": """
    # realms:
    #   $CHAT:
    #     queue: 16
    #     deadline: 20s
    #     strategy: health
    #     backups: [$SPARE]
    #   $SPARE:                     # a realm of one's own
    #     type: chat
    """,
    "routing": """
    # routing:                      # of a text that no command matches
    #   rules:
    #     pictures: {words: [draw, paint], realm: $IMAGINE}
    #   classifier: $CHAT           # asks a chat worker for the realm
    #   choices: [$CHAT, $IMAGINE]
    #   default: $CHAT
    """,
  ]
}
