// SPDX-License-Identifier: Apache-2.0
import JSON

/// The messages that we say or understand. Audio chunks are not among them: they take the way
/// without allocations, `WyomingDecoder.Element.audio` and `WyomingEncoder.append(_:_:to:)`.
public enum WyomingEvent: Sendable, Equatable {
  // What a service can do
  case describe
  case info(WyomingInfo)

  // Audio
  case audioStart(WyomingAudio)
  case audioStop(timestamp: Int64? = nil)
  case voiceStarted(timestamp: Int64? = nil)
  case voiceStopped(timestamp: Int64? = nil)
  case played

  // Speech to text
  case transcribe(language: String? = nil, model: String? = nil)
  case transcript(text: String, language: String? = nil)
  case transcriptStart(language: String? = nil)
  case transcriptChunk(text: String)
  case transcriptStop

  // Wake word
  case detect(names: [String]?)
  case detection(name: String?, timestamp: Int64? = nil, speaker: String? = nil)
  case notDetected

  // Text to speech
  case synthesize(text: String, voice: WyomingVoice? = nil)
  case synthesizeStart(voice: WyomingVoice? = nil)
  case synthesizeChunk(text: String)
  case synthesizeStop
  case synthesizeStopped

  // Text to intent, intent to action
  case recognize(text: String)
  case intent(WyomingIntent)
  case notRecognized(text: String? = nil)
  case handled(text: String? = nil)
  case notHandled(text: String? = nil)

  // Satellites
  case runSatellite
  case pauseSatellite

  // Either way
  case ping(text: String? = nil)
  case pong(text: String? = nil)
  case error(text: String, code: String? = nil)

  /// A type that we do not know: to be ignored.
  case other(WyomingFrame)
}

/// Which voice is to speak; every field is a wish.
public struct WyomingVoice: Sendable, Equatable {
  public var name: String?
  public var language: String?
  public var speaker: String?

  public init(name: String? = nil, language: String? = nil, speaker: String? = nil) {
    self.name = name
    self.language = language
    self.speaker = speaker
  }
}

/// What was recognised in a text.
public struct WyomingIntent: Sendable, Equatable {
  public struct Entity: Sendable, Equatable {
    public var name: String
    public var value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  public var name: String
  public var entities: [Entity]
  /// What to say.
  public var text: String?

  public init(name: String, entities: [Entity] = [], text: String? = nil) {
    self.name = name
    self.entities = entities
    self.text = text
  }
}
