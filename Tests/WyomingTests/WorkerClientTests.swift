// SPDX-License-Identifier: Apache-2.0
import JSON
import Loop
import Posix
import TestSupport
import Testing
import Time
import Wyoming
import WyomingTransport

@testable import Workers

@Suite struct WorkerClientTests {
  let directory = TemporaryDirectory()
  var endpoint: Endpoint { .unix(path: directory.file("service.sock")) }

  // MARK: What goes well

  @Test func speechIsStreamedAndTranscribed() async throws {
    try await onLoop { [endpoint] in
      let service = try ScriptedService(endpoint, offers: [.asr]) { stream, event in
        switch event {
        case .audioStart: stream.send(.transcriptStart(language: "de"))
        case .audioStop:
          for word in ["Licht ", "an"] { stream.send(.transcriptChunk(text: word)) }
          stream.send(.transcript(text: "Licht an"))
        default: break
        }
      }
      let client = SpeechToTextClient(WyomingService(endpoint))
      let utterance = client.open(language: "de", until: .after(.seconds(20)))
      var partials: [String] = []
      utterance.onPartial = { partials.append($0) }
      let spoken = (0..<3200).map { Int16(truncatingIfNeeded: $0) }
      // The first frames come before the connection stands.
      for start in stride(from: 0, to: 3200, by: 320) {
        spoken[start..<(start + 320)].withUnsafeBufferPointer { utterance.write($0) }
        if start == 960 { try await LoopActor.shared.loop.sleep(for: .milliseconds(1)) }
      }
      #expect(try await utterance.finish() == Transcript(text: "Licht an", language: "de"))
      #expect(partials == ["Licht ", "Licht an"])
      #expect(service.samples == spoken)
      #expect(service.events.first == .transcribe(language: "de"))
      #expect(service.events.last == .audioStop(timestamp: 200))
      #expect(client.service.info?.offered == [.asr])
      service.server.stop()
    }
  }

  @Test func speechIsSynthesizedAndWaitsWhilePaused() async throws {
    try await onLoop { [endpoint] in
      let samples = (0..<100_000).map { Int16(truncatingIfNeeded: $0) }
      let audio = WyomingAudio(WyomingAudioFormat(rateHz: 22_050))
      let service = try ScriptedService(endpoint, offers: [.tts]) { stream, event in
        guard case .synthesize = event else { return }
        var rest = samples[...]
        let feed: @LoopActor () -> Void = {
          while !rest.isEmpty, rest.prefix(1000).withUnsafeBufferPointer({ stream.sendAudio(audio, $0) }) {
            rest = rest.dropFirst(1000)
          }
          // The last thing said is followed by the end of the connection.
          if rest.isEmpty, stream.isOpen {
            stream.send(.audioStop())
            stream.finish()
          }
        }
        stream.onDrain = feed
        stream.send(.audioStart(audio))
        feed()
      }
      let client = TextToSpeechClient(WyomingService(endpoint))
      let speech = client.synthesize(
        "hello", voice: WyomingVoice(name: "en"), until: .after(.seconds(20)))
      var heard: [Int16] = []
      var formats: [WyomingAudioFormat] = []
      speech.onStart = { formats.append($0) }
      speech.onSamples = { [unowned speech] in
        if heard.isEmpty {
          speech.pause()
          _ = LoopActor.shared.loop.after(.milliseconds(30), name: "resume") { speech.resume() }
        }
        heard.append(contentsOf: $0)
      }
      try await speech.finished()
      #expect(heard == samples)
      #expect(formats == [audio.format])
      #expect(service.events == [.synthesize(text: "hello", voice: WyomingVoice(name: "en"))])
      service.server.stop()
    }
  }

  @Test func textBecomesAnIntentAndAReply() async throws {
    try await onLoop { [endpoint] in
      let intent = WyomingIntent(
        name: "HassTurnOn", entities: [.init("area", "kitchen"), .init("level", 3)], text: "Done.")
      let service = try ScriptedService(endpoint, offers: [.intent, .handle]) { stream, event in
        switch event {
        case .recognize("light"): stream.send(.intent(intent))
        case .recognize: stream.send(.notRecognized(text: nil))
        case .transcript("light", _): stream.send(.handled(text: "Done."))
        case .transcript: stream.send(.notHandled(text: "What?"))
        default: break
        }
      }
      let shared = WyomingService(endpoint)
      let recognizer = IntentClient(shared)
      let handler = HandleClient(shared)
      #expect(try await recognizer.recognize("light", until: .after(.seconds(20))) == .intent(intent))
      #expect(
        try await recognizer.recognize("?", until: .after(.seconds(20))) == .notRecognized(text: nil))
      #expect(
        try await handler.handle(Transcript(text: "light"), until: .after(.seconds(20)))
          == .handled(text: "Done."))
      #expect(
        try await handler.handle(Transcript(text: "?"), until: .after(.seconds(20)))
          == .notHandled(text: "What?"))
      service.server.stop()
    }
  }

  @Test func bargeInCancelsAtOnce() async throws {
    try await onLoop { [endpoint] in
      let service = try ScriptedService(endpoint, offers: [.tts]) { _, _ in }
      let speech = TextToSpeechClient(WyomingService(endpoint))
        .synthesize("long", until: .after(.seconds(20)))
      _ = LoopActor.shared.loop.after(.milliseconds(5), name: "barge-in") { speech.cancel() }
      let error = await thrown(WorkerError.self) { try await speech.finished() }
      #expect(error?.reason == .cancelled)
      service.server.stop()
    }
  }

  // MARK: What goes wrong

  struct BadPeer: Sendable, CustomTestStringConvertible {
    var name: String
    var says = ""
    var then = RawPeer.Then.hold
    var deadline: Duration = .seconds(20)
    var error: String
    var testDescription: String { name }
  }

  nonisolated static let badPeers: [BadPeer] = [
    .init(name: "accepts and never answers", deadline: .milliseconds(300), error: "no answer within "),
    .init(name: "never reads", then: .deaf, deadline: .milliseconds(300), error: "no answer within "),
    .init(name: "closes", then: .close, error: "before the answer. It may have died: see its log"),
    .init(
      name: "dies mid-utterance", then: .closeAfter(bytes: 8000),
      error: "before the answer. It may have died: see its log"),
    .init(
      name: "speaks HTTP", says: "HTTP/1.1 400 Bad Request\r\n\r\n",
      error: "header is malformed (JSON: expected an object at byte 0): is this a Wyoming service?"),
    .init(
      name: "endless header", says: String(repeating: "{", count: 70_000),
      error: "header line longer than 65536 bytes: is this a Wyoming service?"),
    .init(
      name: "4 GiB", says: #"{"type": "transcript", "payload_length": 4294967296}"# + "\n",
      error: "'transcript' announces 4294967296 bytes of payload, at most 1048576 are accepted"),
    .init(
      name: "half a message", says: #"{"type": "transcript", "data_length": 100}"# + "\n{", then: .close,
      error: "before the answer. It may have died: see its log"),
    .init(
      name: "field of another kind", says: #"{"type": "transcript", "data": {"text": 5}}"# + "\n",
      error: "data of 'transcript' is malformed ('text' is not a string)"),
    .init(
      name: "refuses", says: #"{"type": "error", "data": {"text": "no model", "code": "x"}}"# + "\n",
      error: "it says: no model"),
    .init(
      name: "busy", says: #"{"type": "error", "data": {"text": "full", "code": "busy"}}"# + "\n",
      error: "full. Another client holds it, or it serves too many"),
    .init(
      name: "another service", says: #"{"type": "info", "data": {"tts": [{"name": "x"}]}}"# + "\n",
      error: "it offers only tts. Give the service another worker"),
  ]

  @Test(arguments: badPeers)
  func aBadPeerEndsTheExchangeWithAClearError(bad: BadPeer) async throws {
    try await onLoop { [directory] in
      let peer = try RawPeer(directory, says: Array(bad.says.utf8), then: bad.then)
      let utterance = SpeechToTextClient(WyomingService(peer.endpoint))
        .open(until: .after(bad.deadline))
      let frame = [Int16](repeating: 1, count: 320)
      for _ in 0..<25 { frame.withUnsafeBufferPointer { utterance.write($0) } }
      let error = await thrown(WorkerError.self) { try await utterance.finish() }
      let text = "\(error.map(String.init(describing:)) ?? "")"
      #expect(text.hasPrefix("worker 'test' (unix://"))
      #expect(text.contains("speech to text") && text.contains(bad.error), "\(text)")
      #expect(utterance.hasEnded)
      peer.stop()
    }
  }

  @Test(arguments: [
    (Endpoint.unix(path: "/nonexistent/x.sock"), "No such file or directory. Is it running?"),
    (.tcp(host: "127.0.0.1", port: 1), "Connection refused. Is it running?"),
    (.tcp(host: "no-such-host.invalid", port: 1), "Is it running?"),
  ])
  func anAbsentWorkerIsNamed(endpoint: Endpoint, message: String) async throws {
    try await onLoop {
      let error = await thrown(WorkerError.self) {
        try await WyomingService(endpoint).describe(until: .after(.seconds(20)))
      }
      #expect("\(error.map(String.init(describing:)) ?? "")".contains(message))
    }
  }

  @Test func anUtteranceThatNobodyTakesIsBounded() async throws {
    try await onLoop { [directory] in
      let peer = try RawPeer(directory, says: [], then: .deaf)
      let utterance = SpeechToTextClient(WyomingService(peer.endpoint)).open(until: .after(.seconds(20)))
      let frame = [Int16](repeating: 1, count: 8000)
      for _ in 0..<200 where !utterance.hasEnded {
        frame.withUnsafeBufferPointer { utterance.write($0) }
        try await LoopActor.shared.loop.sleep(for: .microseconds(100))
      }
      let error = await thrown(WorkerError.self) { try await utterance.finish() }
      #expect(error?.reason == .tooSlow("more than 262144 bytes of audio wait for it"))
      peer.stop()
    }
  }
}
