// SPDX-License-Identifier: Apache-2.0
import Speech

extension Schema {
  static let microphone = ValueType<MicrophoneSettings>.section(
    MicrophoneSettings(),
    [
      Field(
        "device", \.device, .optional(.text("PCM name, or off")),
        "ALSA PCM; card:ID or card:ID,DEVICE name a card by its id, which survives replugging."),
      Field(
        "file", \.file, .optional(.text("path")), "A WAV file instead, played in real time, then silence."),
      Field(
        "command", \.command, .optional(.program),
        "A program instead, that writes raw S16_LE 16 kHz mono to its standard output."),
      Field(
        "rate", \.rateHz, .optional(.frequency(4000...192_000), none: "auto"),
        "Capture rate; auto takes 16 kHz, else the nearest above that the device has."),
      Field("channel", \.channel, channel, "Which channel to hear: mix of all, or a number from 0."),
      Field("period", \.period, .duration(.milliseconds(5) ... .milliseconds(100)), "Time between wake-ups."),
      Field(
        "buffer", \.buffer, .duration(.milliseconds(40) ... .seconds(2)),
        "How late the program may be before audio is lost."),
      Field(
        "noise_suppression", \.noiseSuppressionDB, .level(-60...0),
        "Most attenuation of noise; 0dB switches it off."),
      Field("automatic_gain", \.automaticGain, .flag, "Level out quiet and loud voices."),
    ], alternatives: [Alternatives(keys: ["device", "file", "command"])])

  static let speaker = ValueType<SpeakerSettings>.section(
    SpeakerSettings(),
    [
      Field(
        "device", \.device, .optional(.text("PCM name"), none: "off"), "ALSA PCM for replies and sounds."),
      Field("period", \.period, .duration(.milliseconds(5) ... .milliseconds(100)), "Time between wake-ups."),
      Field(
        "buffer", \.buffer, .duration(.milliseconds(20) ... .seconds(2)),
        "Sound kept ahead; more is safer, less starts sooner."),
      Field(
        "mixer", \.mixer, .optional(.text("mixer element"), none: "off"),
        "Mixer element that sets the volume (Master, PCM); off leaves the mixer alone."),
      Field(
        "volume", \.volumePercent, .optional(.percent(), none: "unchanged"), beside: ["mixer"],
        "Volume when the loudspeaker is opened; 0 mutes it, more unmutes it."),
    ])

  static let sounds: [Field<SoundSettings>] = [
    Field(
      "wake", \.wake, .text("none, wake, failure, done or a WAV file"), "After the wake phrase was heard."),
    Field(
      "failure", \.failure, .text("none, wake, failure, done or a WAV file"),
      "When a request came to nothing."),
  ]

  private static let channel = ValueType<MicrophoneSettings.Channel>.scalar(
    "mix, or a number 0…31",
    parse: { text in
      if text == "mix" { return .success(.mix) }
      guard let index = Int(text), (0...31).contains(index) else {
        return .failure(BadText(text: "\(quoted(text)) is neither mix nor a number 0…31."))
      }
      return .success(.index(index))
    },
    show: { channel in
      switch channel {
      case .mix: "mix"
      case .index(let index): "\(index)"
      }
    })
}

extension MicrophoneSettings {
  /// The three keys of which one tells the source.
  fileprivate var device: String? {
    get {
      switch source {
      case .off: "off"
      case .alsa(let name): name
      case .file, .command: nil
      }
    }
    set { if let newValue { source = newValue == "off" ? .off : .alsa(newValue) } }
  }
  fileprivate var file: String? {
    get { if case .file(let path) = source { path } else { nil } }
    set { if let newValue { source = .file(newValue) } }
  }
  fileprivate var command: [String]? {
    get { if case .command(let argv) = source { argv } else { nil } }
    set { if let newValue { source = .command(newValue) } }
  }
}
