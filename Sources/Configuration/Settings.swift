// SPDX-License-Identifier: Apache-2.0
import Automation
import Speech
import Time

/// The whole configuration, typed and checked. What a file leaves out has these values, or those of
/// its board's profile.
public struct Settings: Sendable, Equatable {
  public var node = "mtor"
  /// A file below boards/, without `.yml`.
  public var board = "generic"
  /// What the board's profile says.
  public var profile = BoardProfile()
  public var microphone = MicrophoneSettings()
  public var speaker = SpeakerSettings()
  public var voice = VoiceSettings()
  public var wakePhrases = [WakePhrase("hey jarvis")]
  public var sounds = SoundSettings()
  /// Services by role; each names an entry of `workers`.
  public var services = ServiceSettings()
  public var workers: [WorkerSettings] = [.offlineSpeech]
  /// Kinds of work; those that come with mtor are here as soon as something names them.
  public var realms: [RealmSettings] = []
  public var routing = RoutingSettings()
  public var lines: [LineSettings] = []
  public var commands: [CommandDefinition] = []
  /// Word lists for `{name}` in sentences.
  public var lists: [String: [String]] = [:]
  public var automations: [Rule] = []
  public var sensors: [SensorSettings] = []
  /// Where `notify` sends to.
  public var channels: [ChannelSettings] = []
  /// With none of these nobody is listened to.
  public var webhooks: [WebhookSettings] = []
  public var http = HTTPSettings()
  public var location = LocationSettings()
  /// A name below /usr/share/zoneinfo; nil: the machine's own.
  public var timeZone: String?
  public var store = StoreSettings()
  public var log = LogSettings()

  public init() {}
}

public struct MicrophoneSettings: Sendable, Equatable {
  public enum Source: Sendable, Equatable {
    case off
    /// An ALSA PCM name; `card:ID` and `card:ID,DEVICE` name a card by its id, not its number.
    case alsa(String)
    /// A WAV file, or raw S16_LE 16 kHz mono; played in real time, then silence.
    case file(String)
    /// A program that writes raw S16_LE 16 kHz mono to its standard output.
    case command([String])
  }
  public enum Channel: Sendable, Equatable { case mix, index(Int) }

  public var source = Source.alsa("default")
  /// Wanted rate in Hz; nil: 16000 if the device has it, else the nearest above.
  public var rateHz: Int?
  public var channel = Channel.mix
  public var period: Duration = .milliseconds(20)
  public var buffer: Duration = .milliseconds(400)
  /// dB of attenuation of noise in the front end, -60…0; 0: off.
  public var noiseSuppressionDB = 0
  public var automaticGain = false

  public init() {}
}

public struct SpeakerSettings: Sendable, Equatable {
  /// ALSA PCM name; nil: no speaker.
  public var device: String? = "default"
  public var period: Duration = .milliseconds(20)
  public var buffer: Duration = .milliseconds(100)
  /// Mixer element (`Master`, `PCM`); nil leaves the mixer alone.
  public var mixer: String?
  public var volumePercent: Int?

  public init() {}
}

public struct SoundSettings: Sendable, Equatable {
  /// `none`, a WAV file, or a built-in tone: `wake`, `failure`, `done`.
  public var wake = "none"
  public var failure = "failure"

  public init() {}
}

public struct ServiceSettings: Sendable, Equatable {
  public var wake = "speech"
  public var speechToText = "speech"
  public var textToSpeech = "speech"
  /// For sentences that are none of the commands: names the command that is meant.
  public var intent: String?
  /// For sentences that nobody understood: does what is said, or talks.
  public var handle: String?

  public init() {}
}

/// The journal and other durable facts.
public struct StoreSettings: Sendable, Equatable {
  public var isEnabled = true
  /// nil: the state directory.
  public var directory: String?
  /// nil: beside the journal.
  public var anchor: String?
  public var journalBytesMax = 64 << 20
  public var historyBytesMax = 64 << 20
  public var outboxBytesMax = 4 << 20
  /// Name of a shard → beginnings of user ids.
  public var shards: [String: [String]] = [:]
  public var headRows = 64

  public init() {}
}

public struct LogSettings: Sendable, Equatable {
  public enum Level: String, Sendable, CaseIterable { case debug, info, notice, warning, error }

  public var level = Level.info
  public var modules: [String: Level] = [:]
  /// Put what was said into the log.
  public var spokenText = false

  public init() {}
}
