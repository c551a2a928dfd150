// SPDX-License-Identifier: Apache-2.0
import PocketSphinx
import Speech

/// Finds wake phrases in a stream of 16 kHz mono speech, in two stages.
///
/// First the keyphrase spotter, with a loose threshold per phrase. What it finds is decoded again
/// twice, as the phrase and as free phones: speech that merely resembles the phrase fits free phones
/// far better. One thread at a time.
public final class WakeSpotter {
  public struct Detection: Sendable, Equatable {
    public let phrase: String
    /// Where the phrase ended: samples since `start`, about ±50 ms.
    public let end: SamplePosition
    /// Second stage: (phrase score − free-phone score) per frame; nil when the phrase has none.
    public let margin: Double?
  }

  public let phrases: [WakePhrase]
  /// Called with each candidate and its margin, accepted or not: for tuning and the log.
  public var onCandidate: ((Detection, _ accepted: Bool) -> Void)?

  private var decoder: Decoder
  private var ring = SampleRing(capacity: 32_000)
  private let window = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 32_000)
  private let audio = DitheredAudio()

  private static let samplesPerFrame: SamplePosition = 160
  /// Free phones without context and with little weight on their order, else the second stage takes
  /// longer than the speech itself. The beams stay wide: narrow ones cost half of the phrases found.
  private static let options = [("-allphone_ci", "yes"), ("-lw", "2.0")]
  /// Audio given to the second stage before the phrase, for the decoder to settle.
  private static let leadIn: SamplePosition = 1_600

  /// Loads the decoder and checks each phrase's words.
  /// - Throws: `.unknownWords` naming the phrase; `.modelMissing`, `.modelDamaged`, `.refused`.
  public init(
    model: SpeechModel, checked: ModelCheck.Summary, phrases: [WakePhrase]
  ) throws(PocketSphinxError) {
    self.phrases = phrases
    for phrase in phrases {
      let words = phrase.phrase.split(separator: " ").map(String.init)
      let known = try Pronunciations(of: words, in: model.dictionary, phones: checked.phones)
      guard known.unknown.isEmpty, !words.isEmpty else {
        throw .unknownWords(
          known.unknown, owner: "wake phrase '\(phrase.phrase)'", dictionary: model.dictionary)
      }
    }
    let words = Set(phrases.flatMap { $0.phrase.split(separator: " ").map(String.init) })
    let pronunciations = try Pronunciations(
      of: words, in: model.dictionary, phones: checked.phones)
    decoder = try Decoder(model, pronunciations, options: Self.options)
    let keyphrases = phrases.map { (phrase: $0.phrase, threshold: $0.threshold) }
    try decoder.addKeyphrases("spot", keyphrases, dictionary: model.dictionary)
    if phrases.contains(where: { $0.verify != nil }) { try addSecondStage(model) }
    try decoder.select("spot")
  }

  deinit { window.deallocate() }

  /// A new stream begins; positions count from zero. - Throws: `.refused`.
  public func start() throws(PocketSphinxError) {
    // An error may have left the second stage's search open.
    decoder.abandon()
    try decoder.select("spot")
    ring.reset()
    try decoder.startStream()
    try decoder.start()
  }

  /// Ends the stream. - Throws: `.refused` when none was started.
  public func stop() throws(PocketSphinxError) { try decoder.end() }

  /// Listens to more of the stream. - Throws: `.refused` when none was started.
  public func process(_ samples: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) -> Detection? {
    var found: Detection?
    try audio.forEachPart(of: samples) { part throws(PocketSphinxError) in
      ring.append(part)
      try decoder.process(part)
      if decoder.hasHypothesis { found = try candidate() ?? found }
    }
    return found
  }

  private func candidate() throws(PocketSphinxError) -> Detection? {
    let text = decoder.hypothesis?.text ?? ""
    let frames = decoder.frameCount
    let span = decoder.wordSpan ?? max(0, frames - 100)...max(0, frames - 15)
    let end = ring.end - SamplePosition(max(0, frames - span.upperBound)) * Self.samplesPerFrame
    let begin = end - SamplePosition(span.count) * Self.samplesPerFrame
    try decoder.end()
    let detection = try verified(text, begin, end)
    try decoder.select("spot")
    try decoder.start()
    return detection
  }

  private func verified(
    _ text: String, _ begin: SamplePosition, _ end: SamplePosition
  ) throws(PocketSphinxError) -> Detection? {
    guard let index = phrases.firstIndex(where: { text.contains($0.phrase) }) else { return nil }
    let phrase = phrases[index]
    guard let threshold = phrase.verify else {
      return Detection(phrase: phrase.phrase, end: end, margin: nil)
    }
    let margin = try secondStage("phrase \(index)", from: begin - Self.leadIn)
    let detection = Detection(phrase: phrase.phrase, end: end, margin: margin)
    onCandidate?(detection, margin >= threshold)
    return margin >= threshold ? detection : nil
  }

  private func addSecondStage(_ model: SpeechModel) throws(PocketSphinxError) {
    try ModelCheck.languageModel(model.phoneModel)
    try decoder.addFreePhones("free", path: model.phoneModel)
    for (index, phrase) in phrases.enumerated() where phrase.verify != nil {
      let jsgf = "#JSGF V1.0;\ngrammar wake;\npublic <phrase> = \(phrase.phrase);\n"
      try decoder.addGrammar("phrase \(index)", jsgf: jsgf)
    }
  }

  private func secondStage(
    _ search: String, from first: SamplePosition
  ) throws(PocketSphinxError) -> Double {
    let count = ring.copy(from: first, to: window)
    let samples = UnsafeBufferPointer(rebasing: window[..<count])
    guard let free = try score("free", samples), let phrase = try score(search, samples) else {
      return -.infinity
    }
    return phrase - free
  }

  /// Log likelihood per frame; nil when nothing fits.
  private func score(
    _ search: String, _ samples: UnsafeBufferPointer<Int16>
  ) throws(PocketSphinxError) -> Double? {
    try decoder.select(search)
    try decoder.start()
    try decoder.process(samples)
    try decoder.end()
    let frames = decoder.frameCount
    guard frames > 0, let hypothesis = decoder.hypothesis else { return nil }
    return Double(hypothesis.score) / Double(frames)
  }
}
