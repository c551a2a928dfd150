// SPDX-License-Identifier: Apache-2.0
import Loop
import Time
import Wyoming

/// What was said, by the recogniser's opinion; empty when it heard no words.
public struct Transcript: Sendable, Equatable {
  public var text: String
  public var language: String?

  public init(text: String, language: String? = nil) {
    self.text = text
    self.language = language
  }
}

/// Speech to text by a Wyoming service. Each utterance has a connection of its own: the usual
/// servers close it after the answer.
@LoopActor public final class SpeechToTextClient {
  public let service: WyomingService

  public init(_ service: WyomingService) { self.service = service }

  /// Begins an utterance, before or while the person speaks: connecting costs no time at its end.
  /// - Parameters:
  ///   - language: BCP 47, e.g. `en`; nil leaves it to the service.
  ///   - deadline: of the transcript; see `Utterance.setDeadline`.
  public func open(language: String? = nil, until deadline: Instant) -> Utterance {
    Utterance(service, language: language, until: deadline)
  }

  /// An utterance on its way to the recogniser.
  @LoopActor public final class Utterance {
    /// What was understood so far, from services that tell it while the person speaks.
    public var onPartial: (@LoopActor (String) -> Void)?

    private let exchange: Exchange<Transcript>
    private var samplesSent: Int64 = 0
    private var partial = Transcript(text: "")
    private var isFinished = false

    init(_ service: WyomingService, language: String?, until deadline: Instant) {
      exchange = Exchange(service, .speechToText, until: deadline)
      exchange.send(.transcribe(language: language))
      exchange.send(.audioStart(WyomingAudio(.speech, timestamp: 0)))
      exchange.onEvent = { @LoopActor [weak self] in self?.receive($0) }
    }

    /// Nothing is listened for any more: answered, failed or cancelled.
    public var hasEnded: Bool { exchange.result != nil }

    /// Sends 16 kHz mono samples, borrowed. Ignored once the utterance has ended: the recogniser
    /// may answer before the person is known to be silent.
    public func write(_ samples: UnsafeBufferPointer<Int16>) {
      guard !isFinished else { return }
      let milliseconds = samplesSent / Int64(WyomingAudioFormat.speech.rateHz / 1000)
      exchange.sendAudio(WyomingAudio(.speech, timestamp: milliseconds), samples)
      samplesSent += Int64(samples.count)
    }

    /// Moves the deadline, e.g. when the end of speech is known and the budget begins.
    public func setDeadline(_ deadline: Instant) { exchange.setDeadline(deadline) }

    /// Says that the utterance is over and waits for the transcript. To be called once.
    /// - Throws: `WorkerError`, at the latest at the deadline.
    public func finish() async throws(WorkerError) -> Transcript {
      isFinished = true
      let milliseconds = samplesSent / Int64(WyomingAudioFormat.speech.rateHz / 1000)
      exchange.send(.audioStop(timestamp: milliseconds))
      return try await exchange.answer()
    }

    /// Gives the utterance up; a waiting `finish` throws `cancelled`.
    public func cancel() { exchange.cancel() }

    private func receive(_ event: WyomingEvent) {
      switch event {
      case .transcript(let text, let language):
        exchange.end(.success(Transcript(text: text, language: language ?? partial.language)))
      case .transcriptStart(let language): partial = Transcript(text: "", language: language)
      case .transcriptChunk(let text):
        partial.text += text
        onPartial?(partial.text)
      case .transcriptStop: exchange.end(.success(partial))
      default: break
      }
    }
  }
}
