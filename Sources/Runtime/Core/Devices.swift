// SPDX-License-Identifier: Apache-2.0
import Configuration
import Loop

/// What a daemon touches of the world. The simulator gives others.
@LoopActor public struct Devices {
  /// nil: the microphone is off.
  public var microphone: (any Microphone)?
  public var speaker: (any Speaker)?
  public var lines: any Lines

  public init(microphone: (any Microphone)?, speaker: (any Speaker)?, lines: any Lines) {
    self.microphone = microphone
    self.speaker = speaker
    self.lines = lines
  }

  /// The devices that the settings name, real ones.
  public init(_ settings: Settings) {
    self.init(
      microphone: Self.microphone(settings.microphone), speaker: Self.speaker(settings.speaker),
      lines: BoardLines(
        gpio: KernelLines(chip: settings.profile.chip, offsets: settings.profile.lines), leds: LEDLines()))
  }

  public static func microphone(_ settings: MicrophoneSettings) -> (any Microphone)? {
    switch settings.source {
    case .off: return nil
    case .alsa(let device): return ALSAMicrophone(device: device, settings: settings)
    case .file(let path): return FileMicrophone(path: path)
    case .command(let argv): return CommandMicrophone(argv: argv)
    }
  }

  public static func speaker(_ settings: SpeakerSettings) -> (any Speaker)? {
    settings.device.map { ALSASpeaker(device: $0, settings: settings) }
  }
}
