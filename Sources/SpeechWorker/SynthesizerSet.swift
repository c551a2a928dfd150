// SPDX-License-Identifier: Apache-2.0
import Synthesis

/// The synthesizers of this build behind one choice of voice. One thread at a time.
public final class SynthesizerSet {
  public let engines: [any Synthesizer]
  private let defaultVoice: String?

  /// - Parameter voice: for requests that name neither voice nor language; nil: the first engine's.
  /// - Throws: `SynthesisError` when an engine cannot be used or none has `voice`.
  public init(voice: String?) throws(SynthesisError) {
    #if ESPEAK_NG
      engines = [try EspeakSynthesizer(), FliteSynthesizer()]
    #else
      engines = [FliteSynthesizer()]
    #endif
    defaultVoice = voice
    if let voice, Self.engine(for: SpeechRequest("", voice: voice), engines) == nil {
      let names = engines.map(\.name).joined(separator: " and ")
      throw .unknownVoice(voice, engine: names, known: "what 'describe' lists")
    }
  }

  public func speak(
    _ request: SpeechRequest,
    onChunk: @escaping (_ samples: UnsafeBufferPointer<Int16>, _ rateHz: Int) -> Bool
  ) throws(SynthesisError) {
    var request = request
    if request.voice == nil, request.language == nil { request.voice = defaultVoice }
    let engine = Self.engine(for: request, engines) ?? engines[0]
    try engine.speak(request, onChunk: onChunk)
  }

  private static func engine(
    for request: SpeechRequest, _ engines: [any Synthesizer]
  ) -> (any Synthesizer)? {
    guard let voice = request.voice else { return engines.first }
    // eSpeak's variants are written behind a plus: en-us+f3.
    let base = voice.prefix { $0 != "+" }.lowercased()
    return engines.first { $0.voices.contains { $0.name.lowercased() == base } }
  }
}
