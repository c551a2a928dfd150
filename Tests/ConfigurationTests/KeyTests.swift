// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Configuration

/// Each key of the configuration with something good and something bad.
@Suite struct KeyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var key: String
    var good: String
    var bad: String
    /// What the problem says.
    var problem: String

    var testDescription: String { key }

    /// A line each: the key, `+` something good, `-` something bad, `!` the problem.
    init(_ paragraph: [Substring]) {
      key = String(paragraph[0])
      good = String(paragraph[1].dropFirst(2)).replacing("\\n", with: "\n")
      bad = String(paragraph[2].dropFirst(2))
      problem = String(paragraph[3].dropFirst(2))
    }
  }

  static let rows: [Row] = table.split(separator: "\n\n").map { Row($0.split(separator: "\n")) }

  private let reader = ConfigurationReader(boards: BoardCatalog(directories: []))

  @Test(arguments: rows) func aGoodValueIsTakenAndABadOneIsTold(_ row: Row) throws {
    _ = try reader.read(text: row.good, name: "f")
    let problems = thrown(ConfigurationProblems.self) {
      try reader.read(text: row.bad, name: "f")
    }
    #expect(problems?.description.contains(row.problem) == true, "\(problems?.description ?? "")")
  }

  @Test func everyKeyOfTheTableHasARow() {
    let rows = Set(Self.rows.map(\.key))
    for key in Schema.root.keys {
      let names: [String] = key.keys.isEmpty ? [key.key] : key.keys.map { key.key + "." + $0.key }
      #expect(names.filter { !rows.contains($0) } == [])
    }
  }

  private static let table = #"""
    node
    + node: hall
    - node: My Hall
    ! Did you mean 'my_hall'?

    board
    + board: sim
    - board: gneric
    ! Did you mean 'generic'?

    lists
    + lists: {a: [b, c]}
    - lists: [b]
    ! expected a map: the name of each list

    commands
    + commands: {go: "(go|run) [now]"}
    - commands: {go: (go}
    ! '(go': '(' is not closed

    wake_phrases.phrase
    + wake_phrases: [{phrase: Hey you}]
    - wake_phrases: [r2d2]
    ! write words of letters

    wake_phrases.threshold
    + wake_phrases: [{phrase: a, threshold: 1e-30}]
    - wake_phrases: [{phrase: a, threshold: 2}]
    ! '2' is out of range. Allowed: 1e-120…1.

    wake_phrases.verify
    + wake_phrases: [{phrase: a, verify: off}]
    - wake_phrases: [{phrase: a, verify: on}]
    ! 'on' is not a number

    gpio.input
    + gpio: {a: {input: 17}}
    - gpio: {a: {input: }}
    ! no value is given

    gpio.output
    + gpio: {a: {output: GPIO5}}
    - gpio: {a: {output: [5]}}
    ! found a list

    gpio.led
    + gpio: {a: {led: ACT}}
    - gpio: {a: {led: {a: b}}}
    ! found keys with values

    gpio.chip
    + gpio: {a: {input: 1, chip: c0}}
    - gpio: {a: {led: x, chip: c0}}
    ! only with input or output

    gpio.bias
    + gpio: {a: {input: 1, bias: pull_up}}
    - gpio: {a: {input: 1, bias: pullup}}
    ! Did you mean 'pull_up'?

    gpio.active_low
    + gpio: {a: {input: 1, active_low: yes}}
    - gpio: {a: {input: 1, active_low: 1}}
    ! '1' is neither on nor off.

    gpio.debounce
    + gpio: {a: {input: 1, debounce: 0ms}}
    - gpio: {a: {input: 1, debounce: 20}}
    ! '20' has no unit. Did you mean '20ms'?

    gpio.kind
    + gpio: {a: {input: 1, kind: motion}}
    - gpio: {a: {input: 1, kind: door}}
    ! not one of button, motion, contact

    gpio.click_gap
    + gpio: {a: {input: 1, click_gap: 0.4s}}
    - gpio: {a: {input: 1, click_gap: 3s}}
    ! Allowed: 50ms…2s.

    gpio.hold_time
    + gpio: {a: {input: 1, hold_time: 2s}}
    - gpio: {a: {input: 1, hold_time: 2sec}}
    ! unknown unit 'sec'

    gpio.hold_repeat
    + gpio: {a: {input: 1, hold_repeat: 100ms}}
    - gpio: {a: {input: 1, hold_repeat: 1ms}}
    ! out of range

    gpio.off_delay
    + gpio: {a: {input: 1, off_delay: 5min}}
    - gpio: {a: {input: 1, off_delay: long}}
    ! is not a duration

    gpio.safe
    + gpio: {a: {output: 1, safe: on}}
    - gpio: {a: {input: 1, safe: on}}
    ! only with output or led

    automations.on
    + automations: {a: {on: start, do: {log: x}}}
    - automations: {a: {on: begin, do: {log: x}}}
    ! 'begin' is not a trigger

    automations.if
    + automations: {a: {on: start, if: hour() < 7, do: {log: x}}}
    - automations: {a: {on: start, if: hour( < 7, do: {log: x}}}
    ! 'hour( < 7': column 7: '<' is not the beginning of a value.

    automations.mode
    + automations: {a: {on: start, mode: queued, max: 3, do: {log: x}}}
    - automations: {a: {on: start, mode: queue, do: {log: x}}}
    ! Did you mean 'queued'?

    automations.max
    + automations: {a: {on: start, mode: parallel, max: 64, do: {log: x}}}
    - automations: {a: {on: start, max: 3, do: {log: x}}}
    ! 'max' has a meaning only with mode

    automations.at_most
    + automations: {a: {on: start, at_most: 3, within: 1min, do: {log: x}}}
    - automations: {a: {on: start, at_most: 0, do: {log: x}}}
    ! Allowed: 1…10000.

    automations.within
    + automations: {a: {on: start, within: 1min, at_most: 3, do: {log: x}}}
    - automations: {a: {on: start, within: 1min, do: {log: x}}}
    ! only with at_most

    automations.missed
    + automations: {a: {on: {time: "07:30"}, missed: coalesce, do: {log: x}}}
    - automations: {a: {on: {time: "07:30"}, missed: all, do: {log: x}}}
    ! not one of skip, run, coalesce

    automations.on_failure
    + automations: {a: {on: start, on_failure: stop, do: {log: x}}}
    - automations: {a: {on: start, on_failure: retry, do: {log: x}}}
    ! not one of go_on, stop

    automations.durable
    + automations: {a: {on: start, durable: off, do: {log: x}}}
    - automations: {a: {on: start, durable: maybe, do: {log: x}}}
    ! neither on nor off

    sensors.file
    + sensors: {a: {file: "/sys/bus/w1/devices/28-*/temperature"}}
    - sensors: {a: {every: 1s}}
    ! 'file' is missing

    sensors.scale
    + sensors: {a: {file: /a, scale: 0.001}}
    - sensors: {a: {file: /a, scale: m}}
    ! is not a number

    sensors.offset
    + sensors: {a: {file: /a, offset: -3.5}}
    - sensors: {a: {file: /a, offset: }}
    ! no value is given

    sensors.every
    + sensors: {a: {file: /a, every: 1min}}
    - sensors: {a: {file: /a, every: 10ms}}
    ! out of range

    notifications.url
    + notifications: {a: {url: "https://example.org"}}
    - notifications: {a: {priority: low}}
    ! 'url' is missing

    notifications.token_file
    + notifications: {a: {url: "https://example.org", token_file: /run/token}}
    - notifications: {a: {url: "https://example.org", token_file: ""}}
    ! the text is empty

    notifications.priority
    + notifications: {a: {url: "https://example.org", priority: urgent}}
    - notifications: {a: {url: "https://example.org", priority: top}}
    ! not one of low, normal, high, urgent

    notifications.expires
    + notifications: {a: {url: "https://example.org", expires: never}}
    - notifications: {a: {url: "https://example.org", expires: 1s}}
    ! out of range

    webhooks.token_file
    + webhooks: {a: {token_file: /run/token}}\nautomations: {r: {on: webhook.a, do: {log: x}}}
    - webhooks: {a: {token_file: /run/token}}
    ! no automation has 'on: webhook.a'

    http.listen
    + http: {listen: "tcp://[::1]:8421"}
    - http: {listen: "tcp://localhost:8421"}
    ! with a numeric address

    location.latitude
    + location: {latitude: 52.5, longitude: 13.4}
    - location: {latitude: 91}
    ! Allowed: -90…90.

    location.longitude
    + location: {longitude: -74}
    - location: {longitude: west}
    ! is not a number

    time_zone
    + time_zone: UTC
    - time_zone: Europe/Nowhere
    ! there is no zone 'Europe/Nowhere'

    automations.do
    + automations: {a: {on: start, do: [{wait: 1s}]}}
    - automations: {a: {on: start, do: []}}
    ! 0 items; 1 to 64 are allowed

    microphone.device
    + microphone: {device: "card:USB,0"}
    - microphone: {device: a, file: b}
    ! exclude each other

    microphone.file
    + microphone: {file: a.wav}
    - microphone: {file: ""}
    ! the text is empty

    microphone.command
    + microphone: {command: [arecord, -q]}
    - microphone: {command: arecord}
    ! expected a list

    microphone.rate
    + microphone: {rate: 48kHz}
    - microphone: {rate: 48000}
    ! Did you mean '48000Hz'?

    microphone.channel
    + microphone: {channel: 1}
    - microphone: {channel: left}
    ! neither mix nor a number

    microphone.period
    + microphone: {period: 10ms}
    - microphone: {period: 1s}
    ! Allowed: 5ms…100ms.

    microphone.buffer
    + microphone: {buffer: 1s}
    - microphone: {buffer: 40ms, period: 30ms}
    ! two periods or more

    microphone.noise_suppression
    + microphone: {noise_suppression: -15dB}
    - microphone: {noise_suppression: 15dB}
    ! Allowed: -60dB…0dB.

    microphone.automatic_gain
    + microphone: {automatic_gain: on}
    - microphone: {automatic_gain: max}
    ! neither on nor off

    speaker.device
    + speaker: {device: off}
    - speaker: {device: [a]}
    ! found a list

    speaker.period
    + speaker: {period: 10ms}
    - speaker: {period: -1ms}
    ! out of range

    speaker.buffer
    + speaker: {buffer: 200ms}
    - speaker: {buffer: 25ms}
    ! two periods or more

    speaker.mixer
    + speaker: {mixer: Master}
    - speaker: {mixer: }
    ! no value is given

    speaker.volume
    + speaker: {mixer: PCM, volume: 70%}
    - speaker: {mixer: PCM, volume: 70}
    ! Did you mean '70%'?

    voice.wake
    + voice: {wake: button}
    - voice: {wake: bouton}
    ! Did you mean 'button'?

    voice.barge_in
    + voice: {barge_in: off}
    - voice: {barge_in: never}
    ! not one of wake, speech, off

    voice.refractory
    + voice: {refractory: 1s}
    - voice: {refractory: 1m}
    ! unknown unit 'm'

    voice.pre_roll
    + voice: {pre_roll: 500ms}
    - voice: {pre_roll: 3s}
    ! Allowed: 0ms…2s.

    voice.start_trigger
    + voice: {start_trigger: 40ms}
    - voice: {start_trigger: 200ms}
    ! out of range

    voice.hangover
    + voice: {hangover: 500ms}
    - voice: {hangover: 20}
    ! Did you mean '20ms'?

    voice.minimum_utterance
    + voice: {minimum_utterance: 300ms}
    - voice: {minimum_utterance: 2s, maximum_utterance: 2s}
    ! must be less than maximum_utterance

    voice.maximum_utterance
    + voice: {maximum_utterance: 20s}
    - voice: {maximum_utterance: 1h}
    ! out of range

    voice.no_speech_timeout
    + voice: {no_speech_timeout: 3s}
    - voice: {no_speech_timeout: 0s}
    ! out of range

    voice.deadline
    + voice: {deadline: 5s}
    - voice: {deadline: soon}
    ! Write a number and its unit

    sounds.wake
    + sounds: {wake: none}
    - sounds: {wake: [a]}
    ! found a list

    sounds.failure
    + sounds: {failure: no.wav}
    - sounds: {failure: {a: b}}
    ! found keys

    services.wake
    + services: {wake: speech}
    - services: {wake: spech}
    ! Did you mean 'speech'?

    services.speech_to_text
    + services: {speech_to_text: speech}
    - services: {speech_to_text: a b}
    ! is not a name

    services.intent
    + services: {intent: speech}
    - services: {intent: brain}
    ! there is no worker 'brain'

    services.handle
    + services: {handle: speech}
    - services: {handle: brain}
    ! there is no worker 'brain'

    services.text_to_speech
    + services: {text_to_speech: speech}
    - services: {text_to_speech: big}
    ! there is no worker 'big'

    workers.command
    + workers: {speech: {command: [a, b]}}
    - workers: {speech: {command: []}}
    ! 1 to 64

    workers.url
    + workers: {speech: {url: "tcp://box:10300"}}
    - workers: {speech: {url: "http://box"}}
    ! is not tcp://host:port

    workers.memory_max
    + workers: {speech: {memory_max: 128MiB}}
    - workers: {speech: {memory_max: 128MB}}
    ! unknown unit 'MB'

    workers.nice
    + workers: {speech: {nice: 5}}
    - workers: {speech: {nice: 20}}
    ! Allowed: -20…19.

    workers.restart_backoff_max
    + workers: {speech: {restart_backoff_max: 1min}}
    - workers: {speech: {restart_backoff_max: 5ms}}
    ! out of range

    workers.voice
    + workers: {speech: {voice: en-gb}}
    - workers: {speech: {voice: }}
    ! no value is given

    workers.language
    + workers: {speech: {language: de}}
    - workers: {speech: {language: the language of Goethe}}
    ! too long

    workers.kind
    + workers: {llm: {kind: openai, url: "http://box:8080/v1", realms: $CHAT}}
    - workers: {llm: {kind: openapi}}
    ! Did you mean 'openai'?

    workers.realms
    + workers: {llm: {kind: rentahal, url: "box:8000", realms: [$CHAT, $VISION]}}
    - workers: {llm: {kind: openai, url: "http://box", realms: chat}}
    ! Did you mean '$CHAT'?

    workers.task
    + workers: {ear: {kind: openai, url: "http://box", realms: $SPEECH, task: transcribe}}
    - workers: {ear: {kind: openai, url: "http://box", realms: $SPEECH, task: transcrib}}
    ! Did you mean 'transcribe'?

    workers.model
    + workers: {c: {kind: anthropic, url: "https://api", realms: $CHAT, model: small}}
    - workers: {c: {kind: anthropic, url: "https://api", realms: $CHAT}}
    ! kind anthropic needs 'model'

    workers.system
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, system: Be brief.}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, system: ""}}
    ! the text is empty

    workers.slots
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, slots: 4}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, slots: 0}}
    ! Allowed: 1…1024.

    workers.topics
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, topics: [swift, linux]}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, topics: {a: b}}}
    ! found keys with values

    workers.probe_interval
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, probe_interval: 5min}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, probe_interval: 5m}}
    ! unknown unit 'm'

    workers.options
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, options: {temperature: 0.2, stop: x}}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, options: [a]}}
    ! expected a map: the name of each option

    workers.key_file
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, key_file: llm-key}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, key_file: sk-5up3r5ecret}}
    ! key_file: neither a path (/etc/mtor/llm.key) nor the name of a credential.

    workers.ca_file
    + workers: {llm: {kind: openai, url: "https://b", realms: $CHAT, ca_file: /etc/mtor/ca.pem}}
    - workers: {speech: {command: [a], ca_file: /etc/mtor/ca.pem}}
    ! only with url

    workers.pinned_key
    + workers: {b: {url: "tcp://b:1", pinned_key: "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}}
    - workers: {llm: {kind: openai, url: "https://b", realms: $CHAT, pinned_key: abc}}
    ! 44 characters of base64

    workers.proxy
    + workers: {llm: {kind: openai, url: "https://b", realms: $CHAT, proxy: "socks5h://127.0.0.1:9050"}}
    - workers: {llm: {kind: openai, url: "https://b", realms: $CHAT, proxy: "http://me:secret@proxy:1"}}
    ! without a password

    workers.connect_timeout
    + workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, connect_timeout: 3s}}
    - workers: {llm: {kind: openai, url: "http://b", realms: $CHAT, connect_timeout: 1ms}}
    ! Allowed: 50ms…30s.

    workers.processes_min
    + workers: {x: {kind: exec, command: [answer], realms: $CHAT, processes_min: 1, processes_max: 4}}
    - workers: {x: {kind: exec, command: [answer], realms: $CHAT, processes_min: 3, processes_max: 2}}
    ! must not be more than processes_max

    workers.processes_max
    + workers: {x: {kind: exec, command: [answer], realms: $CHAT, processes_max: 4}}
    - workers: {x: {kind: mtor, url: "http://b", realms: $CHAT, processes_max: 4}}
    ! only with command

    realms.type
    + realms: {$DRAW: {type: imagine}}
    - realms: {$DRAW: {type: visio}}
    ! Did you mean 'vision'?

    realms.queue
    + realms: {$CHAT: {queue: 16}}
    - realms: {chat: {queue: 16}}
    ! Did you mean '$CHAT'?

    realms.deadline
    + realms: {$CHAT: {deadline: 5min}}
    - realms: {$CHAT: {deadline: 5}}
    ! Did you mean '5ms'?

    realms.strategy
    + realms: {$CHAT: {strategy: round_robin}}
    - realms: {$CHAT: {strategy: roundrobin}}
    ! Did you mean 'round_robin'?

    realms.backups
    + realms: {$CHAT: {backups: [$SPARE]}, $SPARE: {}}
    - realms: {$CHAT: {backups: [$SPAR]}, $SPARE: {}}
    ! there is no realm '$SPAR'. Did you mean '$SPARE'?

    realms.pools
    + realms: {$CHAT: {pools: {$CODE: {members: [w]}}}}\nworkers: {w: {url: "tcp://b:1", realms: $CHAT}}
    - realms: {$CHAT: {pools: {$CODE: {members: [llm]}}}}
    ! no worker 'llm' serves $CHAT

    routing.rules
    + routing: {rules: {art: {words: [draw], realm: $IMAGINE}}}
    - routing: {rules: {art: {words: [], realm: $IMAGINE}}}
    ! 0 items; 1 to 64 are allowed

    routing.classifier
    + routing: {classifier: $CHAT, choices: [$CHAT, $IMAGINE]}
    - routing: {classifier: $CHAT}
    ! needs 'choices'

    routing.choices
    + routing: {classifier: $CHAT, choices: [$CHAT]}
    - routing: {classifier: $CHAT, choices: [$CHATS]}
    ! Did you mean '$CHAT'?

    routing.budget
    + routing: {budget: 800ms}
    - routing: {budget: 1min}
    ! Allowed: 100ms…30s.

    routing.default
    + routing: {default: off}
    - routing: {default: no}
    ! 'no' is not a realm's name

    store.enabled
    + store: {enabled: off}
    - store: {enabled: 3}
    ! neither on nor off

    store.directory
    + store: {directory: /data/mtor}
    - store: {directory: [a]}
    ! store.directory

    store.anchor
    + store: {anchor: /mnt/usb/head.json}
    - store: {anchor: {a: b}}
    ! store.anchor

    store.journal_size
    + store: {journal_size: 16MiB}
    - store: {journal_size: 16}
    ! Did you mean '16MiB'?

    store.history_size
    + store: {history_size: 1GiB}
    - store: {history_size: 10KiB}
    ! out of range. Allowed: 1MiB…4GiB

    store.outbox_size
    + store: {outbox_size: 64KiB}
    - store: {outbox_size: lots}
    ! 'lots' is not a size

    store.shards
    + store: {shards: {north: ["00", "01"]}}
    - store: {shards: {north: ["00"], south: ["1", "00"]}}
    ! '00' belongs to shard north already

    store.head_rows
    + store: {head_rows: 1}
    - store: {head_rows: 0}
    ! out of range. Allowed: 1…10000

    log.level
    + log: {level: debug}
    - log: {level: warn}
    ! Did you mean 'warning'?

    log.modules
    + log: {modules: {audio: debug}}
    - log: {modules: {audio: all}}
    ! log.modules.audio: 'all'

    log.spoken_text
    + log: {spoken_text: on}
    - log: {spoken_text: 2}
    ! neither on nor off
    """#
}
