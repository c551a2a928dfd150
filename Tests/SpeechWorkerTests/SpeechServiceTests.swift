// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Speech
import SpeechWorker
import TestSupport
import Testing
import Time
import Workers
import Wyoming

extension SpeechWorkerTests {
  @Suite(.serialized) struct SpeechServiceTests {
    private let directory = TemporaryDirectory()

    private func options() -> WorkerOptions {
      var options = WorkerOptions()
      options.endpoint = .unix(path: directory.file("speech.sock"))
      options.grammar = directory.write("commands.jsgf", Spoken.grammar)
      options.phrases = [WakePhrase("hey jarvis")]
      return options
    }

    @LoopActor private func client(_ options: WorkerOptions) -> WyomingService {
      WyomingService(name: "speech", endpoint: options.endpoint)
    }

    @Test func oneWorkerWakesUnderstandsAndSpeaks() async throws {
      let options = options()
      let phrase = try Spoken.samples("hey jarvis")
      let command = try Spoken.samples("turn off the light", voice: "rms")
      try await onLoop {
        let service = try SpeechService(options)
        let client = client(options)
        let soon = LoopActor.shared.loop.now + .seconds(60)
        let info = try await client.describe(until: soon)
        #expect(info[.wake].first?.models.first?.phrase == "hey jarvis")
        #expect(info[.asr].first?.models.map(\.name) == ["commands"])
        #expect(info[.tts].flatMap(\.models).contains { $0.name == "slt" })

        let wake = WakeClient(client)
        let detection: WakeDetection = try await LoopActor.shared.loop.wait(on: "wake", until: soon) {
          waiter in
          wake.onDetection = { waiter.resume(returning: $0) }
          wake.connection.onOpen = { [opened = wake.connection.onOpen] in
            opened?($0)
            phrase.withUnsafeBufferPointer { wake.write($0, at: 5_000) }
          }
          wake.start()
        }
        #expect(detection.name == "hey jarvis")
        #expect(abs((detection.position ?? 0) - SamplePosition(5_000 + phrase.count - 11_200)) < 4_000)
        wake.stop()
        (wake.onDetection, wake.connection.onOpen) = (nil, nil)

        let utterance = SpeechToTextClient(client).open(language: "en", until: soon)
        command.withUnsafeBufferPointer { utterance.write($0) }
        #expect(try await utterance.finish().text == "turn off the light")

        let speech = TextToSpeechClient(client).synthesize("Done.", until: soon)
        var count = 0
        speech.onSamples = { count += $0.count }
        try await speech.finished()
        #expect(count > 4_000)
        service.stop()
      }
    }

    @Test func garbageEndsOnlyItsOwnConnection() async throws {
      let options = options()
      try await onLoop {
        let service = try SpeechService(options)
        let loop = LoopActor.shared.loop
        let address = try #require(SocketAddress(options.endpoint))
        for garbage in [
          "GET / HTTP/1.1\r\n\r\n",
          "{\"type\": 1}\n", "{\"type\": \"x\", \"payload_length\": 4294967296}\n",
        ] {
          let raw = try await loop.connect(to: address)
          _ = try garbage.withCString { try raw.write(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
          try await loop.ready(raw.raw, .read, on: "end", until: loop.now + .seconds(20))
          var byte: UInt8 = 0
          let end = try withUnsafeMutableBytes(of: &byte) { try raw.read(into: $0) }
          #expect(end == 0)
        }
        _ = try await client(options).describe(until: loop.now + .seconds(20))
        service.stop()
      }
    }

    @Test func theGrammarIsReadAgainTwentyTimesAndABadOneChangesNothing() async throws {
      let options = options()
      let command = try Spoken.samples("stop the music")
      try await onLoop {
        let service = try SpeechService(options)
        let loop = LoopActor.shared.loop
        @LoopActor func reload() async throws -> Bool {
          try await loop.wait(on: "reload") { waiter in
            service.reload { waiter.resume(returning: $0 == nil) }
          }
        }
        for _ in 0..<20 { #expect(try await reload()) }
        directory.write("commands.jsgf", "broken")
        #expect(try await !reload())
        let utterance = SpeechToTextClient(client(options)).open(until: loop.now + .seconds(60))
        command.withUnsafeBufferPointer { utterance.write($0) }
        #expect(try await utterance.finish().text == "stop the music")
        service.stop()
      }
    }
  }
}
