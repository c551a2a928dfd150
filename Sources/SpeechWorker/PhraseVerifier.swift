// SPDX-License-Identifier: Apache-2.0
import PocketSphinx

/// The second stage of wake phrases: is it the phrase, or speech that merely resembles it?
///
/// Decodes the same audio as the phrase and as free phones; other speech fits free phones far better.
/// It has a decoder of its own, because a search in between would spoil the spotter's estimates of
/// level and noise, and it hears the audio as a whole. One thread at a time.
final class PhraseVerifier {
  private var decoder: Decoder

  /// Free phones without context and with little weight on their order, else this takes longer than the
  /// speech itself. The beams stay wide: narrow ones cost half of the phrases found. Scores count from the
  /// best of all sounds: otherwise from the best of those searched, which are others for the phrase.
  private static let options = [("-allphone_ci", "yes"), ("-lw", "2.0"), ("-compallsen", "yes")]

  /// - Parameter phrases: their words have to be in `words`.
  /// - Throws: `.modelMissing`, `.modelDamaged`, `.refused`.
  init(
    _ model: SpeechModel, _ words: Pronunciations, _ phrases: [String]
  ) throws(PocketSphinxError) {
    try ModelCheck.languageModel(model.phoneModel)
    decoder = try Decoder(model, words, options: Self.options)
    try decoder.addFreePhones("free", path: model.phoneModel)
    for (index, phrase) in phrases.enumerated() {
      let jsgf = "#JSGF V1.0;\ngrammar wake;\npublic <phrase> = \(phrase);\n"
      try decoder.addGrammar("phrase \(index)", jsgf: jsgf)
    }
  }

  /// (score as the phrase − score as free phones) per frame; −∞ when it cannot be the phrase.
  ///
  /// - Parameter samples: the phrase with some audio on both sides, 16 kHz mono, borrowed.
  /// - Throws: `.refused`.
  func margin(
    of phrase: Int, in samples: UnsafeBufferPointer<Int16>
  ) throws(PocketSphinxError) -> Double {
    guard let asPhrase = try score("phrase \(phrase)", samples), let free = try score("free", samples)
    else { return -.infinity }
    return asPhrase - free
  }

  /// Log likelihood per frame; nil when nothing fits.
  private func score(
    _ search: String, _ samples: UnsafeBufferPointer<Int16>
  ) throws(PocketSphinxError) -> Double? {
    // An error may have left an utterance open.
    decoder.abandon()
    try decoder.select(search)
    try decoder.startStream()
    try decoder.start()
    try decoder.process(whole: samples)
    try decoder.end()
    let frames = decoder.frameCount
    guard frames > 0, let hypothesis = decoder.hypothesis else { return nil }
    return Double(hypothesis.score) / Double(frames)
  }
}
