// SPDX-License-Identifier: Apache-2.0
import DSP
import PocketSphinx

/// Recognises the sentences of a grammar, and only them.
///
/// A grammar search answers with its nearest sentence whatever was said (75 to 89 % of other speech
/// would pass). So a second decoder hears the same audio as free phones, and a sentence counts only
/// when it explains the audio nearly as well.
public final class GrammarRecognizer: Recognizer {
  /// Least (grammar score − free-phone score) per frame.
  public static let defaultMarginMin = -32.0

  private var grammar: Decoder
  private var free: Decoder
  private let marginMin: Double
  private let audio = DitheredAudio()
  private let clean: CleanAudio
  private var isOpen = false

  /// Loads both decoders with the grammar's words.
  /// - Throws: `PocketSphinxError`: `.unknownWords` naming the file, `.modelMissing`,
  ///   `.modelDamaged`, `.refused`.
  public init(
    model: SpeechModel, checked: ModelCheck.Summary, grammar file: GrammarFile, name: String,
    marginMin: Double = defaultMarginMin
  ) throws {
    let words = try Pronunciations(
      of: file.words, in: model.dictionary, phones: checked.phones, variants: true)
    guard words.unknown.isEmpty else {
      throw PocketSphinxError.unknownWords(words.unknown, owner: name, dictionary: model.dictionary)
    }
    try ModelCheck.languageModel(model.phoneModel)
    self.marginMin = marginMin
    clean = CleanAudio()
    grammar = try Decoder(model, words, options: Decoder.grammarOptions)
    try grammar.addGrammar("commands", jsgf: file.text)
    try grammar.select("commands")
    free = try Decoder(model, words, options: Decoder.freePhoneOptions)
    try free.addFreePhones("free", path: model.phoneModel)
    try free.select("free")
  }

  public func start() throws(PocketSphinxError) {
    grammar.abandon()
    free.abandon()
    clean.reset()
    try grammar.startStream()
    try free.startStream()
    try grammar.start()
    try free.start()
    isOpen = true
  }

  public func process(_ samples: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) {
    try audio.forEachPart(of: samples) { part throws(PocketSphinxError) in
      try clean.forEachFrame(of: part, decode)
    }
  }

  public var partial: String? { isOpen ? grammar.hypothesis?.text : nil }

  public func finish() throws(PocketSphinxError) -> Transcript {
    isOpen = false
    try clean.flush(decode)
    try grammar.end()
    try free.end()
    guard let hypothesis = grammar.hypothesis, !hypothesis.text.isEmpty else {
      return Transcript(text: "")
    }
    guard let free = free.hypothesis else { return Transcript(text: "", rejected: hypothesis.text) }
    let margin = Double(hypothesis.score - free.score) / Double(max(1, grammar.frameCount))
    return margin >= marginMin
      ? Transcript(text: hypothesis.text, margin: margin)
      : Transcript(text: "", rejected: hypothesis.text, margin: margin)
  }

  private func decode(_ frame: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) {
    try grammar.process(frame)
    try free.process(frame)
  }
}
