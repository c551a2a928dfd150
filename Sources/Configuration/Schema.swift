// SPDX-License-Identifier: Apache-2.0
import Automation
import Speech

/// The one table of all keys: the decoder, the sample, the reference and the error texts come from it.
enum Schema {
  static let root = ValueType<Settings>.section(Settings(), settings)

  static let settings: [Field<Settings>] = [
    Field("node", \.node, .name(), "This machine's name in logs and replies."),
    Field(
      "board", \.board, .text("name of a board profile"),
      "Which board this is: a profile in boards/ (sim, generic, raspberry-pi-5, …)."),
    Field(
      "wake_phrases", \.wakePhrases, wakePhrases, "What opens a conversation, when voice.wake is phrase."),
    Field("gpio", \.lines, lines, "GPIO lines and LEDs by the names that automations use."),
    Field("lists", \.lists, lists, "Words for {name} in the sentences of commands."),
    Field("commands", \.commands, commands, "What may be said or typed, by name."),
    Field("automations", \.automations, automations, "What to do when something happens, by name."),
    Field("sensors", \.sensors, sensors, "Numbers that are read again and again, for automations, by name."),
    Field("notifications", \.channels, channels, "Where messages of automations go, by name."),
    Field("webhooks", \.webhooks, webhooks, "Who may start automations by HTTP, by name."),
    Field(
      "http", \.http, .section(HTTPSettings(), http), "The server of webhooks; without any there is none."),
    Field(
      "location", \.location, .section(LocationSettings(), location), "Where this is, for sunrise and sunset."
    ),
    Field(
      "time_zone", \.timeZone, .optional(.text("Europe/Berlin or alike", bytesMax: 64), none: "auto"),
      "Whose clock the times of automations mean; auto: the machine's."),
    Field("microphone", \.microphone, microphone, "Where audio comes from."),
    Field("speaker", \.speaker, speaker, "Where sound goes."),
    Field("voice", \.voice, .section(VoiceSettings(), voice), "From the microphone to the transcript."),
    Field(
      "sounds", \.sounds, .section(SoundSettings(), sounds),
      "Short sounds: none, a WAV file, or a built-in tone (wake, failure, done)."),
    Field("services", \.services, .section(ServiceSettings(), services), "Which worker serves what."),
    Field("workers", \.workers, workers, "Programs and services that do the heavy work, by name."),
    Field("realms", \.realms, realms, "Kinds of work and how requests for them are treated: docs/realms.md."),
    Field(
      "routing", \.routing, .section(RoutingSettings(), routing), "Where a text goes that is no command."),
    Field("store", \.store, .section(StoreSettings(), store), "What survives a restart: docs/store.md."),
    Field("log", \.log, .section(LogSettings(), log), "What is written to the journal."),
  ]

  static let log: [Field<LogSettings>] = [
    Field("level", \.level, .choice(), "Lowest level that is written."),
    Field(
      "modules", \.modules, .dictionary("module", .choice(), count: 32), "Other levels for single modules."),
    Field("spoken_text", \.spokenText, .flag, "Put what was said into the log."),
  ]

  static let board = ValueType<BoardProfile>.section(BoardProfile(), profile)

  static let profile: [Field<BoardProfile>] = [
    Field("description", \.description, .text(), "For people."),
    Field(
      "models", \.models, .list("list of texts", of: .text(), count: 0...16),
      "Beginnings of /proc/device-tree/model that mean this board."),
    Field("chip", \.chip, .optional(.text("chip label or name")), "The chip whose lines are on the header."),
    Field("lines", \.lines, boardLines, "Line names and their offsets on the chip."),
    Field(
      "leds", \.leds, .list("list of names", of: .text(), count: 0...64), "Names below /sys/class/leds."),
    Field("microphone", \.microphone, .optional(.text("PCM name"), none: "off"), "Default PCM for capture."),
    Field("speaker", \.speaker, .optional(.text("PCM name"), none: "off"), "Default PCM for playback."),
  ]

  static let memoryMax = (16 << 20)...(16 << 30)
}
