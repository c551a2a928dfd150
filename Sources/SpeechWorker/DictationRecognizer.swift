// SPDX-License-Identifier: Apache-2.0
import PocketSphinx

/// Recognises free text with the model's whole dictionary and its 27 MB language model: far less
/// reliable than a grammar, and far more memory. Make it when it is first needed.
public final class DictationRecognizer: Recognizer {
  private var decoder: Decoder
  private let audio = DitheredAudio()
  private var isOpen = false

  /// - Throws: `.modelMissing`, `.modelDamaged`, `.refused`.
  public init(model: SpeechModel) throws(PocketSphinxError) {
    try ModelCheck.languageModel(model.languageModel)
    decoder = try Decoder(model)
    try decoder.addLanguageModel("dictation", path: model.languageModel)
    try decoder.select("dictation")
  }

  public func start() throws(PocketSphinxError) {
    decoder.abandon()
    try decoder.startStream()
    try decoder.start()
    isOpen = true
  }

  public func process(_ samples: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) {
    try audio.forEachPart(of: samples) { part throws(PocketSphinxError) in
      try decoder.process(part)
    }
  }

  public var partial: String? { isOpen ? decoder.hypothesis?.text : nil }

  public func finish() throws(PocketSphinxError) -> Transcript {
    isOpen = false
    try decoder.end()
    return Transcript(text: decoder.hypothesis?.text ?? "")
  }
}
