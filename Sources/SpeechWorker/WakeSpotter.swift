// SPDX-License-Identifier: Apache-2.0
import DSP
import PocketSphinx
import Speech

/// Finds wake phrases in a stream of 16 kHz mono speech, in two stages.
///
/// First the keyphrase spotter, with a loose threshold per phrase. What it finds, with some audio on
/// both sides, is decoded again by `PhraseVerifier`, after noise suppression, which hears the whole
/// stream and so knows the noise when somebody speaks. The spotter hears unchanged audio: suppression
/// takes more from some voices than from others. One thread at a time.
public final class WakeSpotter {
  public struct Detection: Sendable, Equatable {
    public let phrase: String
    /// Where the phrase ended: samples since `start`, about ±80 ms.
    public let end: SamplePosition
    /// Second stage: (phrase score − free-phone score) per frame; nil when the phrase has none.
    public let margin: Double?
  }

  public let phrases: [WakePhrase]
  /// Called with each candidate and its margin, accepted or not: for tuning and the log.
  public var onCandidate: ((Detection, _ accepted: Bool) -> Void)?

  private var decoder: Decoder
  private var verifier: PhraseVerifier?
  private var ring = SampleRing(capacity: 32_000)
  private let window: UnsafeMutableBufferPointer<Int16>
  private let audio = DitheredAudio()
  private let clean: CleanAudio
  private var candidate: Candidate?

  /// What the spotter has just reported, until it is looked at.
  private struct Candidate {
    /// Where the phrase ended as it was first reported, and the decoder's frame of that.
    let end: SamplePosition
    let lastFrame: Int
    var framesLeft = WakeSpotter.settlingFrames
  }

  private static let samplesPerFrame: SamplePosition = 160
  /// The spotter reports a phrase so long after its end, and in noise before its last sound is over: so
  /// the second stage waits for 160 ms more.
  private static let reportDelay: SamplePosition = 1_600
  private static let settlingFrames = 8
  /// After it a candidate without a hypothesis is dropped: 0.5 s.
  private static let patienceFrames = 25
  /// Audio given to the second stage before the phrase, for the decoder to settle.
  private static let leadIn: SamplePosition = 3_200
  /// A phrase is assumed to have this length when the decoder cannot tell: 0.85 s.
  private static let usualFrames = 85

  /// Loads the decoders and checks each phrase's words.
  /// - Throws: `.unknownWords` naming the phrase; `.modelMissing`, `.modelDamaged`, `.refused`.
  public init(model: SpeechModel, checked: ModelCheck.Summary, phrases: [WakePhrase]) throws {
    self.phrases = phrases
    for phrase in phrases {
      let words = phrase.phrase.split(separator: " ").map(String.init)
      let known = try Pronunciations(of: words, in: model.dictionary, phones: checked.phones)
      guard known.unknown.isEmpty, !words.isEmpty else {
        throw PocketSphinxError.unknownWords(
          known.unknown, owner: "wake phrase '\(phrase.phrase)'", dictionary: model.dictionary)
      }
    }
    let words = Set(phrases.flatMap { $0.phrase.split(separator: " ").map(String.init) })
    let pronunciations = try Pronunciations(of: words, in: model.dictionary, phones: checked.phones)
    clean = CleanAudio()
    decoder = try Decoder(model, pronunciations)
    let keyphrases = phrases.map { (phrase: $0.phrase, threshold: $0.threshold) }
    try decoder.addKeyphrases("spot", keyphrases, dictionary: model.dictionary)
    try decoder.select("spot")
    if phrases.contains(where: { $0.verify != nil }) {
      verifier = try PhraseVerifier(model, pronunciations, phrases.map(\.phrase))
    }
    // Last: an initialiser that throws has no deinit.
    window = .allocate(capacity: 32_000)
  }

  deinit { window.deallocate() }

  /// A new stream begins; positions count from zero. - Throws: `.refused`.
  public func start() throws(PocketSphinxError) {
    decoder.abandon()
    ring.reset()
    clean.reset()
    candidate = nil
    try decoder.startStream()
    try decoder.start()
  }

  /// Ends the stream. - Throws: `.refused` when none was started.
  public func stop() throws(PocketSphinxError) { try decoder.end() }

  /// Listens to more of the stream. - Throws: `.refused` when none was started.
  public func process(_ samples: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) -> Detection? {
    var found: Detection?
    try audio.forEachPart(of: samples) { part throws(PocketSphinxError) in
      try decoder.process(part)
      try clean.forEachFrame(of: part) { frame throws(PocketSphinxError) in
        ring.append(frame)
        found = try candidateDue() ?? found
      }
    }
    return found
  }

  private func candidateDue() throws(PocketSphinxError) -> Detection? {
    guard var waiting = candidate else {
      if decoder.hasHypothesis {
        let lastFrame = decoder.wordSpan?.upperBound ?? 0
        candidate = Candidate(end: ring.end - Self.reportDelay, lastFrame: lastFrame)
      }
      return nil
    }
    waiting.framesLeft -= 1
    candidate = waiting
    // While the spotter finds better and better ends it has nothing to report.
    let isSettled = waiting.framesLeft <= 0 && decoder.hasHypothesis
    return isSettled || waiting.framesLeft < -Self.patienceFrames ? try judge(waiting) : nil
  }

  /// The spotter may have found a better end since it first reported the phrase.
  private func judge(_ waiting: Candidate) throws(PocketSphinxError) -> Detection? {
    candidate = nil
    let text = decoder.hypothesis?.text ?? ""
    let span = decoder.wordSpan ?? waiting.lastFrame - Self.usualFrames...waiting.lastFrame
    let later = SamplePosition(max(0, span.upperBound - waiting.lastFrame)) * Self.samplesPerFrame
    let end = min(ring.end, waiting.end + later)
    try decoder.end()
    try decoder.start()
    return try verified(text, end - SamplePosition(span.count) * Self.samplesPerFrame, end)
  }

  private func verified(
    _ text: String, _ begin: SamplePosition, _ end: SamplePosition
  ) throws(PocketSphinxError) -> Detection? {
    guard let index = phrases.firstIndex(where: { text.contains($0.phrase) }) else { return nil }
    let phrase = phrases[index]
    guard let threshold = phrase.verify, let verifier else {
      return Detection(phrase: phrase.phrase, end: end, margin: nil)
    }
    let count = ring.copy(from: max(0, begin - Self.leadIn), to: window)
    let margin = try verifier.margin(of: index, in: UnsafeBufferPointer(rebasing: window[..<count]))
    let detection = Detection(phrase: phrase.phrase, end: end, margin: margin)
    onCandidate?(detection, margin >= threshold)
    return margin >= threshold ? detection : nil
  }
}
