// SPDX-License-Identifier: Apache-2.0
import PocketSphinx
import Speech
import SpeechWorker
import Time

/// A continuous stream through all that lies between microphone and transcript, joined as the
/// daemon joins it: ring, voice activity, wake spotter, `VoiceMachine`, grammar recogniser.
///
/// Prints, by position in samples:
///
///     wake TAB END TAB MARGIN
///     utterance TAB BEGIN TAB END TAB DECIDED TAB VERDICT TAB MARGIN TAB TEXT
final class ExchangeRun {
  private let recording: Recording
  private let phrase: WakePhrase
  private let grammar: CommandGrammar
  private let spotter: WakeSpotter
  private let recognizer: GrammarRecognizer
  private var ring = AudioRing(capacity: 5 * AudioFormat.rateHz)
  private var activity = VoiceActivity()
  private var machine = VoiceMachine(settings: VoiceSettings())
  private var utterance: (begin: SamplePosition, isOpen: Bool) = (0, false)
  /// A detection on its way from the worker, and when it arrives.
  private var detection: (end: SamplePosition, due: SamplePosition)?
  private var next = 0

  /// The second stage's work and the way between two processes.
  private static let detectionDelay = AudioFormat.samples(in: .milliseconds(120))

  init(_ recording: Recording, _ grammar: CommandGrammar, _ phrase: WakePhrase) throws {
    self.recording = recording
    self.phrase = phrase
    self.grammar = grammar
    spotter = try Main.spotter(phrase)
    recognizer = try Main.recognizer(grammar, phrase)
  }

  func run() throws {
    try spotter.start()
    for frame in recording.frames(0..<recording.samples.count) { try hear(frame) }
  }

  private func hear(_ frame: UnsafeBufferPointer<Int16>) throws {
    ring.append(frame)
    if utterance.isOpen { try recognizer.process(frame) }
    let isSpeech = activity.isSpeech(frame)
    try handle(.frame(VoiceFrame(isSpeech: isSpeech, isNoisy: activity.isNoisy, end: ring.end)))
    if let found = try spotter.process(frame) {
      print("wake", found.end, found.margin ?? 0, separator: "\t")
      detection = (found.end, ring.end + Self.detectionDelay)
    }
    guard let arrived = detection, arrived.due <= ring.end else { return }
    detection = nil
    try handle(.wake(name: phrase.phrase, phraseEnd: arrived.end))
  }

  private func handle(_ event: VoiceEvent) throws {
    for action in machine.handle(event, at: now) {
      switch action {
      case .utteranceBegan(_, let from, _): try begin(from)
      case .utteranceEnded(_, let end, _, let reason): try finish(end, reason)
      default: break
      }
    }
  }

  private var now: Instant { .zero + AudioFormat.duration(of: ring.end) }

  private func begin(_ from: SamplePosition) throws {
    utterance = (from, true)
    try recognizer.start()
    _ = try ring.visit(from..<ring.end) { try recognizer.process($0) }
  }

  private func finish(_ end: SamplePosition, _ reason: VoiceAction.EndReason) throws {
    guard utterance.isOpen else { return }
    utterance.isOpen = false
    let transcript = try recognizer.finish()
    guard [.silence, .maximum, .released].contains(reason) else { return }
    while next + 1 < recording.items.count, recording.items[next].range.upperBound <= Int(end) {
      next += 1
    }
    let judge = Judge(grammar: grammar, phrase: phrase.phrase, said: recording.items[next].text)
    print(
      "utterance", utterance.begin, end, ring.end, judge.verdict(transcript),
      transcript.margin ?? -999, transcript.rejected ?? transcript.text, separator: "\t")
  }
}
