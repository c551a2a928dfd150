// SPDX-License-Identifier: Apache-2.0
import Loop
import Time
import Wyoming

/// Text to speech by a Wyoming service.
@LoopActor public final class TextToSpeechClient {
  public let service: WyomingService

  public init(_ service: WyomingService) { self.service = service }

  /// Begins to have `text` spoken. Set the handlers of the result at once.
  /// - Parameter deadline: of the first sample; later ones may be `Speech.gapMax` apart.
  public func synthesize(
    _ text: String, voice: WyomingVoice? = nil, until deadline: Instant
  ) -> Speech {
    Speech(service, text, voice, until: deadline)
  }

  /// Speech on its way from the service.
  @LoopActor public final class Speech {
    /// Longest time without a sample once there was one, unless reading is paused.
    public nonisolated static let gapMax: Duration = .seconds(5)

    /// Called once, before the first samples.
    public var onStart: (@LoopActor (WyomingAudioFormat) -> Void)?
    /// Interleaved 16-bit samples, borrowed until the call returns.
    public var onSamples: (@LoopActor (UnsafeBufferPointer<Int16>) -> Void)?

    private let exchange: Exchange<Void>
    private var format: WyomingAudioFormat?
    private var isPaused = false

    init(_ service: WyomingService, _ text: String, _ voice: WyomingVoice?, until deadline: Instant) {
      exchange = Exchange(service, .textToSpeech, until: deadline)
      exchange.send(.synthesize(text: text, voice: voice))
      exchange.onEvent = { @LoopActor [weak self] in self?.receive($0) }
      exchange.onAudio = { @LoopActor [weak self] in self?.receive($0, $1) }
    }

    /// Waits until the service has sent everything. To be called once.
    /// - Throws: `WorkerError`: no first sample by the deadline, a gap, no audio at all, cancelled.
    public func finished() async throws(WorkerError) { try await exchange.answer() }

    /// Gives the speech up at once (barge-in); a waiting `finished` throws `cancelled`.
    public func cancel() { exchange.cancel() }

    /// Takes no more samples until `resume`, when the speaker's queue is full: the rest waits at
    /// the service. Up to one more chunk still comes.
    public func pause() {
      isPaused = true
      exchange.pauseReading()
      if format != nil { exchange.setDeadline(.distantFuture) }
    }

    public func resume() {
      guard isPaused else { return }
      isPaused = false
      if format != nil { exchange.setDeadline(LoopActor.shared.loop.now + Self.gapMax) }
      exchange.resumeReading()
    }

    private func receive(_ event: WyomingEvent) {
      guard case .audioStop = event else { return }
      if format == nil {
        exchange.fail(.unsupported("it sent no audio"))
      } else {
        exchange.end(.success(()))
      }
    }

    private func receive(_ audio: WyomingAudio, _ samples: UnsafeBufferPointer<Int16>) {
      if format == nil {
        format = audio.format
        onStart?(audio.format)
      } else if format != audio.format {
        return exchange.fail(.unsupported("it changes the audio format while it speaks"))
      }
      if !isPaused { exchange.setDeadline(LoopActor.shared.loop.now + Self.gapMax) }
      onSamples?(samples)
    }
  }
}
