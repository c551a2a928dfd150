// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Synchronization
import Synthesis
import Wyoming
import WyomingTransport

/// `synthesize` → `audio-start`, `audio-chunk`s as they come into being, `audio-stop`. One request
/// after the other; a closed connection silences the engine at once.
@LoopActor final class SpeakingSession {
  /// Unicode scalars of one request; more is refused. (One character may have any number of them.)
  static let textMax = 4_000

  private unowned let service: SpeechService
  private let stream: WyomingStream
  private let isClosed = Flag()
  private var format: WyomingAudioFormat?
  private let log = Logger("tts")

  init(_ service: SpeechService, _ stream: WyomingStream) {
    self.service = service
    self.stream = stream
  }

  func speak(_ text: String, _ voice: WyomingVoice?) {
    guard text.unicodeScalars.count <= Self.textMax else {
      return fail("the text has more than \(Self.textMax) characters", code: "text-too-long")
    }
    let request = SpeechRequest(text, voice: voice?.name, language: voice?.language)
    // The session stays alive until the engine is through; a closed one ends it at its next samples.
    service.synthesis.run(failed: { self.fail("\($0)", code: "tts-failed") }) { engine in
      if self.isClosed.isSet { return }
      try engine.speak(request) { samples, rateHz in
        let copy = Array(samples)
        LoopActor.shared.loop.execute { self.send(copy, rateHz) }
        return !self.isClosed.isSet
      }
      LoopActor.shared.loop.execute { self.finish(rateHz: 16_000) }
    }
  }

  func close() { isClosed.set() }

  private func send(_ samples: [Int16], _ rateHz: Int) {
    if isClosed.isSet { return }
    guard service.waitingBytes + samples.count * 2 <= SpeechService.waitingMaxBytes else {
      fail("busy: too much speech waits for clients that do not take it", code: "busy")
      close()
      return stream.finish()
    }
    if format == nil { start(rateHz) }
    guard let format else { return }
    let hasGone = samples.withUnsafeBufferPointer { stream.sendAudio(WyomingAudio(format), $0) }
    if !hasGone {
      close()
      log.warning("a client does not read what it asked to be said: given up")
      stream.close()
    }
  }

  private func start(_ rateHz: Int) {
    let format = WyomingAudioFormat(rateHz: rateHz)
    self.format = format
    stream.send(.audioStart(WyomingAudio(format, timestamp: 0)))
  }

  /// Text without sound (empty, a lone full stop) is answered with empty audio, not with silence.
  private func finish(rateHz: Int) {
    if isClosed.isSet { return }
    if format == nil { start(rateHz) }
    format = nil
    stream.send(.audioStop())
  }

  private func fail(_ text: String, code: String) {
    if isClosed.isSet { return }
    format = nil
    log.once(code, level: .warning, text)
    stream.send(.error(text: text, code: code))
  }
}

/// Set once, read by any thread.
final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}
