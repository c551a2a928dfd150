// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Wyoming
import WyomingTransport

/// One client: any service at any time on the same connection.
@LoopActor final class SpeechConnection {
  private let stream: WyomingStream
  private unowned let service: SpeechService
  private var listening: (any ListeningSession)?
  private var converter = SpeechConverter()
  private lazy var speaking = SpeakingSession(service, stream)
  private let log = Logger("connection")

  init(_ stream: WyomingStream, _ service: SpeechService) {
    self.stream = stream
    self.service = service
    stream.onEvent = { [weak self] in self?.handle($0) }
    stream.onAudio = { [weak self] in self?.hear($0, $1) }
    stream.onClose = { [weak self] in self?.closed($0) }
  }

  /// What the client has not taken yet.
  var waitingBytes: Int { stream.backlogBytes }

  /// Ends what is going on; nothing is sent any more.
  func close() {
    listening?.close()
    listening = nil
    speaking.close()
  }

  private func handle(_ event: WyomingEvent) {
    switch event {
    case .describe: stream.send(.info(service.info))
    case .ping(let text): stream.send(.pong(text: text))
    case .detect(let names): detect(names ?? [])
    case .transcribe(let language, let model): transcribe(language, model)
    case .audioStart: begin()
    case .audioStop: listening?.end()
    case .synthesize(let text, let voice): speaking.speak(text, voice)
    default: break
    }
  }

  private func detect(_ names: [String]) {
    let known = Set(service.options.phrases.map(\.phrase))
    let wanted = names.map { $0.lowercased().split { $0 == " " || $0 == "_" }.joined(separator: " ") }
    guard let pool = service.wake, wanted.isEmpty || !known.isDisjoint(with: wanted) else {
      let list = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
      return fail("no such wake phrase; there are: \(list)", code: "unknown-wake-phrase")
    }
    listen { WakeSession(pool, names: wanted, self.stream) }
  }

  private func transcribe(_ language: String?, _ model: String?) {
    if let language, !language.lowercased().hasPrefix("en") {
      return fail("language '\(language)' is not recognised, only en", code: "unknown-language")
    }
    guard let pool = service.recognizer(model) else {
      let list = service.info[.asr].flatMap(\.models).map(\.name).joined(separator: ", ")
      return fail(
        "no such speech-to-text model; there are: \(list.isEmpty ? "none" : list)",
        code: "unknown-model")
    }
    listen { TranscriptionSession(pool, language: language ?? "en", self.stream) }
  }

  private func listen(_ make: () -> (any ListeningSession)?) {
    listening?.close()
    listening = make()
    if listening == nil {
      fail("busy: at most \(service.options.sessionsMax) sessions of this kind", code: "busy")
    }
  }

  private func begin() {
    // Some clients send audio without saying what for: they mean speech to text.
    if listening == nil, service.recognizer(nil) != nil { transcribe(nil, nil) }
    listening?.begin()
  }

  private func hear(_ audio: WyomingAudio, _ samples: UnsafeBufferPointer<Int16>) {
    guard let listening else { return }
    do {
      try converter.convert(samples, audio.format) { listening.hear($0) }
    } catch {
      fail("\(error)", code: "audio-format")
    }
    if listening.isFull { stream.pauseReading() }
  }

  private func fail(_ text: String, code: String) {
    log.once(code, level: .warning, text)
    stream.send(.error(text: text, code: code))
  }

  private func closed(_ reason: WyomingClosing) {
    if reason != .peerClosed { log.once("closed", level: .warning, "a client is gone: \(reason)") }
    close()
    service.forget(self)
  }
}
