// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Wyoming
import WyomingTransport

/// `transcribe`, audio → `transcript-start`, `transcript-chunk` for words that are certain already,
/// `transcript` with the whole text, `transcript-stop`.
@LoopActor final class TranscriptionSession: ListeningSession {
  /// Longer utterances are cut here: a decoder's memory grows with them.
  static let samplesMax = 30 * 16_000

  private let pool: EnginePool<any Recognizer>
  private let slot: EngineSlot<any Recognizer>
  private let stream: WyomingStream
  private let language: String
  /// Of this utterance alone: work on the one before may still be waiting.
  private var input = AudioInput()
  private var utterance = 0
  private let buffer = QueueBuffer()
  private var prefix = StablePrefix()
  private var isRunning = false
  private var isClosed = false
  private var samplesLeft = 0
  private let log = Logger("asr")

  /// nil when all engines are taken.
  init?(_ pool: EnginePool<any Recognizer>, language: String, _ stream: WyomingStream) {
    guard let slot = pool.take() else { return nil }
    self.pool = pool
    self.slot = slot
    self.stream = stream
    self.language = language
  }

  var isFull: Bool { input.isFull }

  func begin() {
    (isRunning, samplesLeft, prefix) = (true, Self.samplesMax, StablePrefix())
    input = AudioInput()
    utterance += 1
    let buffer = buffer
    run { recognizer in
      buffer.text = ""
      try recognizer.start()
    }
  }

  func hear(_ samples: UnsafeBufferPointer<Int16>) {
    if !isRunning { begin() }
    let part = UnsafeBufferPointer(rebasing: samples.prefix(samplesLeft))
    samplesLeft -= part.count
    guard input.append(part) else { return }
    let (input, buffer, utterance) = (input, buffer, utterance)
    run { [weak self] recognizer in
      input.take(into: &buffer.samples)
      try buffer.samples.withUnsafeBufferPointer { try recognizer.process($0) }
      let partial = recognizer.partial ?? ""
      let isNew = partial != buffer.text
      if isNew { buffer.text = partial }
      LoopActor.shared.loop.execute {
        if isNew { self?.tell(partial: partial, of: utterance) }
        self?.stream.resumeReading()
      }
    }
  }

  func end() {
    if !isRunning { begin() }
    isRunning = false
    run { [weak self] recognizer in
      let transcript = try recognizer.finish()
      LoopActor.shared.loop.execute { self?.tell(transcript) }
    }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    input.clear()
    if isRunning { run { recognizer in _ = try recognizer.finish() } }
    pool.give(slot)
  }

  private func tell(partial: String, of utterance: Int) {
    guard !isClosed, isRunning, utterance == self.utterance, let words = prefix.newWords(in: partial)
    else { return }
    if prefix.isFirst { stream.send(.transcriptStart(language: language)) }
    stream.send(.transcriptChunk(text: words))
  }

  private func tell(_ transcript: Transcript) {
    if isClosed { return }
    let margin = transcript.margin.map { " (margin \($0))" } ?? ""
    log.debug(transcript.rejected == nil ? "understood\(margin)" : "not in the grammar\(margin)")
    stream.send(.transcript(text: transcript.text, language: language))
    if !prefix.isEmpty { stream.send(.transcriptStop) }
  }

  private func run(_ work: @escaping @Sendable (any Recognizer) throws -> Void) {
    slot.run(failed: { [weak self] error in self?.fail(error) }, work)
  }

  private func fail(_ error: any Error) {
    log.once("failed", level: .error, "\(error)")
    if !isClosed { stream.send(.error(text: "\(error)", code: "asr-failed")) }
  }
}

/// Which words of a changing hypothesis can be told: those that two hypotheses in a row agree on,
/// except the last, which is still growing. What was told is never taken back.
struct StablePrefix {
  private var told: [Substring] = []
  private var last: [Substring] = []
  private(set) var isFirst = false

  var isEmpty: Bool { told.isEmpty }

  /// The words to tell now, with a space before all but the first; nil when there are none.
  mutating func newWords(in hypothesis: String) -> String? {
    let words = hypothesis.split(separator: " ")
    let agreed = zip(words, last).prefix { $0 == $1 }.map(\.0).prefix(max(0, words.count - 1))
    last = words
    guard agreed.count > told.count, agreed.starts(with: told) else { return nil }
    isFirst = told.isEmpty
    let new = agreed.dropFirst(told.count).joined(separator: " ")
    told = Array(agreed)
    return isFirst ? new : " " + new
  }
}
