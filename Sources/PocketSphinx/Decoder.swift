// SPDX-License-Identifier: Apache-2.0
internal import CPocketSphinx
import Glibc

/// One decoder of the library: a model, a dictionary, named searches of which one is active.
///
/// Takes 16 kHz mono S16. One thread at a time; two decoders on two threads are independent.
/// Searches are added and selected only between utterances.
public struct Decoder: ~Copyable {
  // SAFETY: owned; freed once, in deinit. ps_decoder_t has no thread affinity.
  private let handle: OpaquePointer

  /// The best words so far and their score (a log likelihood, not comparable between searches
  /// unless divided by the frames).
  public struct Hypothesis: Sendable, Equatable {
    public let text: String
    public let score: Int
  }

  /// For a decoder that searches a grammar. With the library's beams one command in thirty is lost on
  /// the way, and the scores of nonsense stay near those of sense. Scores count from the best of all sounds, not of those
  /// that the grammar knows, so that they mean the same for three commands as for a hundred: see
  /// docs/decisions/0009.
  public static let grammarOptions = [
    ("-beam", "1e-80"), ("-pbeam", "1e-80"), ("-wbeam", "1e-60"), ("-lpbeam", "1e-60"),
    ("-lponlybeam", "1e-60"), ("-lw", "1.0"), ("-compallsen", "yes"), ("-topn", "2"),
  ]

  /// For a decoder that searches free phones: phones without context, narrow beams. With the
  /// library's defaults it would take longer than the speech itself.
  public static let freePhoneOptions = [
    ("-allphone_ci", "yes"), ("-beam", "1e-20"), ("-pbeam", "1e-20"), ("-lw", "2.0"),
  ]

  /// Loads `model` with the given words. Check the model first: `ModelCheck`.
  ///
  /// - Parameter options: the library's own, such as `-beam`.
  /// - Throws: `.refused` with the library's message.
  public init(
    _ model: SpeechModel, _ words: Pronunciations, options: [(String, String)] = []
  ) throws(PocketSphinxError) {
    let dictionary = try MemoryFile("dictionary", words.text) { cps_memory_file($0) }
    try self.init(model, dictionaryPath: dictionary.path, options)
  }

  /// Loads `model` with its whole dictionary, which dictation needs.
  /// - Throws: `.refused` with the library's message.
  public init(_ model: SpeechModel) throws(PocketSphinxError) {
    try self.init(model, dictionaryPath: model.dictionary, [])
  }

  private init(
    _ model: SpeechModel, dictionaryPath: String, _ options: [(String, String)]
  ) throws(PocketSphinxError) {
    _ = cps_take_error()
    let arguments =
      ["-hmm", model.acousticModel, "-dict", dictionaryPath] + options.flatMap { [$0.0, $0.1] }
    let copies = arguments.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    // SAFETY: the library copies the strings; the array lives for the call.
    let handle = copies.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer {
      cps_new($0.baseAddress, Int32($0.count))
    }
    guard let handle else {
      throw .refused(operation: "load \(model.acousticModel)", detail: Self.takeError())
    }
    self.handle = handle
  }

  deinit { cps_free(handle) }

  // MARK: Searches

  /// Adds a search that spots phrases in running speech, each with its own threshold.
  /// - Throws: `.unknownWords` (the library would silently never spot the phrase), `.refused`.
  public func addKeyphrases(
    _ name: String, _ phrases: [(phrase: String, threshold: Double)], dictionary: String
  ) throws(PocketSphinxError) {
    for (phrase, _) in phrases { try checkWords(of: phrase, dictionary) }
    let list = phrases.map { "\($0.phrase) /\($0.threshold)/\n" }.joined()
    let file = try MemoryFile("keyphrases", Array(list.utf8)) { cps_memory_file($0) }
    try check(cps_add_keyphrases(handle, name, file.path), "add phrases")
  }

  /// Adds a search for the sentences of a JSGF grammar.
  /// - Throws: `.refused`. The library accepts undefined and left-recursive rules: see `GrammarFile`.
  public func addGrammar(_ name: String, jsgf: String) throws(PocketSphinxError) {
    try check(cps_add_grammar(handle, name, jsgf), "compile the grammar")
  }

  /// Adds a search for any sequence of phones. - Throws: `.refused`.
  public func addFreePhones(_ name: String, path: String) throws(PocketSphinxError) {
    try check(cps_add_free_phones(handle, name, path), "load \(path)")
  }

  /// Adds a search for free text. - Throws: `.refused`.
  public func addLanguageModel(_ name: String, path: String) throws(PocketSphinxError) {
    try check(cps_add_language_model(handle, name, path), "load \(path)")
  }

  /// Makes a search the active one. - Throws: `.refused` when there is none, or in an utterance.
  public func select(_ name: String) throws(PocketSphinxError) {
    try check(cps_select(handle, name), "select search '\(name)'")
  }

  public func knowsWord(_ word: String) -> Bool { cps_knows_word(handle, word) }

  // MARK: Utterances

  /// A new audio stream: the estimate of its noise starts anew. - Throws: `.refused`.
  public func startStream() throws(PocketSphinxError) {
    try check(cps_start_stream(handle), "start a stream")
  }

  /// - Throws: `.refused` when an utterance is already open or no search is selected.
  public func start() throws(PocketSphinxError) { try check(cps_start(handle), "start an utterance") }

  /// Decodes any number of samples, borrowed for the call. - Throws: `.refused`.
  public func process(_ samples: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) {
    guard let base = samples.baseAddress, samples.count > 0 else { return }
    try check(cps_process(handle, base, samples.count), "decode")
  }

  /// Decodes an utterance at once, between `start` and `end`: its mean spectrum is then taken out of it
  /// from the first frame on. - Throws: `.refused`.
  public func process(whole samples: UnsafeBufferPointer<Int16>) throws(PocketSphinxError) {
    guard let base = samples.baseAddress, samples.count > 0 else { return }
    try check(cps_process_whole(handle, base, samples.count), "decode")
  }

  /// Ends the utterance; the hypothesis is then final. - Throws: `.refused` when none is open.
  public func end() throws(PocketSphinxError) { try check(cps_end(handle), "end an utterance") }

  /// Drops the utterance if one is open, e.g. after an error in its midst.
  public func abandon() {
    _ = cps_end(handle)
    _ = cps_take_error()
  }

  /// nil when nothing fits (yet), or no search is selected.
  public var hypothesis: Hypothesis? {
    var score: Int32 = 0
    guard let text = cps_hypothesis(handle, &score) else { return nil }
    return Hypothesis(text: String(cString: text), score: Int(score))
  }

  /// True as soon as there is a hypothesis, without copying it.
  public var hasHypothesis: Bool {
    var score: Int32 = 0
    return cps_hypothesis(handle, &score) != nil
  }

  /// Frames searched in this utterance, 100 per second of what was not left out as silence.
  public var frameCount: Int { Int(cps_frame_count(handle)) }

  /// The frames from the first to the last word of the hypothesis; nil without words. Silence that the
  /// decoder leaves out upsets the count: only the distance of frames of one phrase is of use.
  public var wordSpan: ClosedRange<Int>? {
    var first: Int32 = 0
    var last: Int32 = 0
    guard cps_word_span(handle, &first, &last), first <= last else { return nil }
    return Int(first)...Int(last)
  }

  // MARK: Errors

  private func checkWords(of phrase: String, _ dictionary: String) throws(PocketSphinxError) {
    let words = phrase.split(separator: " ").map(String.init)
    let unknown = words.filter { !knowsWord($0) }
    if words.isEmpty || !unknown.isEmpty {
      throw .unknownWords(unknown, owner: "wake phrase '\(phrase)'", dictionary: dictionary)
    }
  }

  private func check(_ result: Int32, _ operation: String) throws(PocketSphinxError) {
    guard result < 0 else { return }
    throw .refused(operation: operation, detail: Self.takeError())
  }

  private static func takeError() -> String {
    cps_take_error().map { String(cString: $0) } ?? "no reason given"
  }
}
