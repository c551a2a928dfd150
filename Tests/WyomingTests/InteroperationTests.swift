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

/// Against the Python library that everybody else uses.
@Suite(.enabled(if: Python.isInstalled, "scripts/test-servers has not installed the Python library"))
struct InteroperationTests {
  @Test(arguments: Python.versions)
  func ourClientsTalkToThePythonLibrary(version: String) async throws {
    let peer = try #require(PythonService(version))
    let endpoint = peer.endpoint
    try await onLoop {
      let service = WyomingService(endpoint)
      let info = try await service.describe(until: .after(.seconds(20)))
      #expect(info.offered == [.asr, .tts, .handle, .intent, .wake])
      #expect(info[.wake].first?.models.first?.phrase == "hey jarvis")
      #expect(info[.tts].first?.models.first?.languages == ["de"])
      try await Self.transcribe(service)
      try await Self.speak(service)
      try await Self.understand(service)
      try await Self.wake(service)
    }
    withExtendedLifetime(peer) {}
  }

  @Test(arguments: Python.versions)
  func thePythonLibraryTalksToOurServer(version: String) async throws {
    let directory = TemporaryDirectory()
    let (server, endpoint) = try await onLoop {
      let server = try WyomingServer(.unix(path: directory.file("ours.sock"))) { Self.serve($0) }
      return (server, server.endpoint)
    }
    let output = Python.runClient(version, against: endpoint)
    #expect(
      output == """
        info m hey jarvis ['en']
        pong é
        transcript 32000 bytes größer
        start 16000
        stop True 16000

        """)
    try await onLoop { server.stop() }
  }

  @LoopActor private static func transcribe(_ service: WyomingService) async throws {
    let utterance = SpeechToTextClient(service).open(language: "en", until: .after(.seconds(20)))
    let frame = (0..<320).map { Int16($0) }
    for _ in 0..<200 { frame.withUnsafeBufferPointer { utterance.write($0) } }
    let transcript = try await utterance.finish()
    // The checksum is zlib's, of 200 frames of the samples 0…319.
    #expect(transcript.text == "128000 bytes, 3313498775, en, größer")
  }

  @LoopActor private static func speak(_ service: WyomingService) async throws {
    let client = TextToSpeechClient(service)
    let speech = client.synthesize(
      "hello", voice: WyomingVoice(name: "v"), until: .after(.seconds(20)))
    var samples: [Int16] = []
    var formats: [WyomingAudioFormat] = []
    speech.onStart = { formats.append($0) }
    speech.onSamples = { samples.append(contentsOf: $0) }
    try await speech.finished()
    #expect(formats == [WyomingAudioFormat(rateHz: 22_050)])
    let expected = (0..<100).flatMap { number in
      (0..<1024).map { index in
        let low = UInt8(truncatingIfNeeded: number + 2 * index)
        return Int16(bitPattern: UInt16(low) | UInt16(low &+ 1) << 8)
      }
    }
    #expect(samples == expected)
    let error = await thrown(WorkerError.self) {
      try await client.synthesize("", until: .after(.seconds(20))).finished()
    }
    #expect(error?.reason == .refused("nothing to say"))
  }

  @LoopActor private static func understand(_ service: WyomingService) async throws {
    let intents = IntentClient(service)
    let lamp = WyomingIntent(name: "on", entities: [.init("light", "lamp")], text: "Ok")
    #expect(try await intents.recognize("lamp", until: .after(.seconds(20))) == .intent(lamp))
    #expect(
      try await intents.recognize("nothing", until: .after(.seconds(20)))
        == .notRecognized(text: "What?"))
    let handler = HandleClient(service)
    #expect(
      try await handler.handle(Transcript(text: "that"), until: .after(.seconds(20)))
        == .handled(text: "did that"))
    #expect(
      try await handler.handle(Transcript(text: "nothing"), until: .after(.seconds(20)))
        == .notHandled(text: nil))
  }

  @LoopActor private static func wake(_ service: WyomingService) async throws {
    var timing = WyomingConnection.Timing()
    timing.probeInterval = .seconds(1)
    let wake = WakeClient(service, names: ["jarvis"], timing: timing)
    var heard: [WakeDetection] = []
    wake.onDetection = { heard.append($0) }
    wake.start()
    #expect(try await WakeClientTests.poll { wake.connection.state == .connected })
    let frame = [Int16](repeating: 0, count: 320)
    for index in 0..<10 {
      frame.withUnsafeBufferPointer { wake.write($0, at: 5000 + Int64(index) * 320) }
    }
    #expect(try await WakeClientTests.poll { !heard.isEmpty })
    #expect(heard == [WakeDetection(name: "jarvis", position: 5960)])
    #expect(try await WakeClientTests.poll { wake.connection.answersPings })
    #expect(wake.connection.state == .connected)
    wake.stop()
  }

  @LoopActor private static func serve(_ stream: WyomingStream) {
    var byteCount = 0
    stream.onAudio = { _, samples in byteCount += 2 * samples.count }
    stream.onEvent = { [unowned stream] event in
      switch event {
      case .describe: stream.send(.info(info))
      case .ping(let text): stream.send(.pong(text: text))
      case .audioStop: stream.send(.transcript(text: "\(byteCount) bytes größer", language: "en"))
      case .synthesize: speak(on: stream)
      default: break
      }
    }
  }

  @LoopActor private static func speak(on stream: WyomingStream) {
    stream.send(.audioStart(WyomingAudio(.speech)))
    let samples = [Int16](repeating: 5, count: 4000)
    for _ in 0..<2 {
      samples.withUnsafeBufferPointer { _ = stream.sendAudio(WyomingAudio(.speech), $0) }
    }
    stream.send(.audioStop())
  }

  private static let info = WyomingInfo([
    .asr: [WyomingProgram(name: "p", models: [WyomingModel(name: "m", languages: ["en"])])],
    .tts: [WyomingProgram(name: "p", models: [WyomingModel(name: "m", languages: ["en"])])],
    .wake: [
      WyomingProgram(
        name: "p",
        models: [WyomingModel(name: "m", languages: ["en"], options: ["phrase": "hey jarvis"])])
    ],
  ])
}
