// SPDX-License-Identifier: Apache-2.0
import Time

/// Sample count since the capture device's stream began, 16 kHz mono. Never goes back.
public typealias SamplePosition = Int64

/// Everything between the microphone and the transcript that can be set.
public struct VoiceSettings: Sendable, Equatable {
  /// What opens an utterance.
  public enum WakeMode: String, Sendable, CaseIterable { case phrase, button, vad, off }
  public enum BargeIn: String, Sendable, CaseIterable { case wake, speech, off }

  public var wakeMode: WakeMode = .phrase
  public var bargeIn: BargeIn = .wake
  /// After a wake the same phrase is ignored for so long.
  public var refractory: Duration = .milliseconds(800)
  /// Audio kept from before the trigger.
  public var preRoll: Duration = .milliseconds(300)
  /// Speech needed to start an utterance: at least this much within the last five frames.
  public var startTrigger: Duration = .milliseconds(60)
  /// Silence that ends an utterance.
  public var hangover: Duration = .milliseconds(400)
  public var minimumUtterance: Duration = .milliseconds(200)
  public var maximumUtterance: Duration = .seconds(8)
  /// After the wake phrase: no speech for so long ends the listening.
  public var noSpeechTimeout: Duration = .seconds(5)
  /// From the end of speech: transcript, intent, action and first reply sample together.
  public var deadline: Duration = .seconds(8)

  public init() {}
}

/// One wake phrase with its own thresholds.
public struct WakePhrase: Sendable, Equatable {
  public var phrase: String
  /// Keyphrase spotter: smaller finds more and errs more.
  public var threshold: Double = 1e-60
  /// Second stage: accepted when (phrase score − free-phone score) per frame is at least this; nil: one stage.
  public var verify: Double? = -3.8

  public init(_ phrase: String) { self.phrase = phrase }
}

/// A spoken command: sentence templates such as `turn (on|off) [the] {light}`.
public struct CommandDefinition: Sendable, Equatable {
  public var name: String
  public var sentences: [String]

  public init(name: String, sentences: [String]) {
    self.name = name
    self.sentences = sentences
  }
}
