// SPDX-License-Identifier: Apache-2.0

/// Turns text into sound, piece by piece. One thread at a time.
public protocol Synthesizer: AnyObject {
  /// The engine's name: `espeak-ng`, `flite`.
  var name: String { get }
  var version: String { get }
  var voices: [Voice] { get }

  /// Speaks to `onChunk`, on the calling thread, as sound comes into being.
  ///
  /// - Parameter onChunk: mono S16 samples, borrowed for the call, and their rate in Hz; false
  ///   ends the synthesis at once (barge-in).
  /// - Throws: `.unknownVoice` before any sound; `.failed`.
  func speak(
    _ request: SpeechRequest,
    onChunk: @escaping (_ samples: UnsafeBufferPointer<Int16>, _ rateHz: Int) -> Bool
  ) throws(SynthesisError)
}

/// What to say, and how.
public struct SpeechRequest: Sendable, Equatable {
  /// Plain text.
  public var text: String
  /// One of the engine's voices; nil: the best for `language`.
  public var voice: String?
  /// BCP 47, such as `de` or `en-GB`; nil: English.
  public var language: String?
  /// 1 is the voice's own speed; 0.5 … 3, clamped.
  public var speed = 1.0

  public init(_ text: String, voice: String? = nil, language: String? = nil, speed: Double = 1) {
    self.text = text
    self.voice = voice
    self.language = language
    self.speed = min(max(speed, 0.5), 3)
  }
}

/// A voice of an engine.
public struct Voice: Sendable, Equatable {
  public let name: String
  public let description: String
  /// BCP 47, lower case, the first is the voice's own.
  public let languages: [String]
}

/// Why nothing, or not all, was said.
public enum SynthesisError: Error, Equatable, CustomStringConvertible {
  /// The engine cannot be used at all; the text says what to install.
  case unavailable(engine: String, reason: String)
  case unknownVoice(String, engine: String, known: String)
  case failed(engine: String, reason: String)

  public var description: String {
    switch self {
    case .unavailable(let engine, let reason): "\(engine) cannot be used: \(reason)"
    case .unknownVoice(let voice, let engine, let known):
      "\(engine) has no voice '\(voice)'; it has \(known)"
    case .failed(let engine, let reason): "\(engine) failed: \(reason)"
    }
  }
}

/// A chunk callback on its way through a C library as a pointer.
final class ChunkSink {
  let onChunk: (UnsafeBufferPointer<Int16>, Int) -> Bool
  var rateHz = 0
  private(set) var wasStopped = false

  init(_ onChunk: @escaping (UnsafeBufferPointer<Int16>, Int) -> Bool) { self.onChunk = onChunk }

  func take(_ samples: UnsafePointer<Int16>, count: Int, rateHz: Int) -> Bool {
    if wasStopped { return false }
    if count > 0, !onChunk(UnsafeBufferPointer(start: samples, count: count), rateHz) {
      wasStopped = true
    }
    return !wasStopped
  }
}
