// SPDX-License-Identifier: Apache-2.0
import Configuration
import DSP
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

  /// The microphone with its front end; nil: off.
  public static func microphone(_ settings: MicrophoneSettings) -> (any Microphone)? {
    source(settings).map { CleanedMicrophone.around($0, settings) }
  }

  private static func source(_ settings: MicrophoneSettings) -> (any Microphone)? {
    switch settings.source {
    case .off: nil
    case .alsa(let device): ALSAMicrophone(device: device, settings: settings)
    case .file(let path): FileMicrophone(path: path)
    case .command(let argv): CommandMicrophone(argv: argv)
    }
  }

  public static func speaker(_ settings: SpeakerSettings) -> (any Speaker)? {
    settings.device.map { ALSASpeaker(device: $0, settings: settings) }
  }
}
