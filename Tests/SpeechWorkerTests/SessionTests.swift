// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Loop
import PocketSphinx
import Posix
import Speech
import TestSupport
import Testing
import Time
import Wyoming
import WyomingTransport

@testable import SpeechWorker

extension SpeechWorkerTests {
  /// What a client sends on one connection, in whatever order and format.
  @Suite(.serialized) struct SessionTests {
    private let directory = TemporaryDirectory()

    /// The recogniser is slow: it has heard nothing of the first utterance when the second begins.
    @Test func theNextUtteranceDoesNotMixWithTheOneBefore() async throws {
      let gate = DispatchSemaphore(value: 0)
      let heard = Locked<[[Int16]]>([])
      let pair = try Socket.pair()
      let ours = pair.first
      let theirs = pair.second
      let client = try await onLoop { [theirs = theirs.release()] in
        try Client(WyomingStream(FileDescriptor(owning: theirs)))
      }
      let session = try await onLoop { [ours = ours.release()] in
        let pool = EnginePool<any Recognizer>("test", sessionsMax: 1) { SlowRecognizer(gate, heard) }
        let stream = try WyomingStream(FileDescriptor(owning: ours))
        let session = try #require(TranscriptionSession(pool, language: "en", stream))
        for utterance in 1...3 {
          session.begin()
          for _ in 0..<4 {
            let samples = [Int16](repeating: Int16(utterance), count: 320)
            samples.withUnsafeBufferPointer { session.hear($0) }
          }
          session.end()
        }
        return session
      }
      for _ in 0..<64 { gate.signal() }
      #expect(try await eventually { client.transcripts.count == 3 })
      #expect(heard.withLock { $0 } == (1...3).map { [Int16](repeating: Int16($0), count: 1280) })
      try await onLoop { session.close() }
    }

    @Test func stereoAt44100HzIsUnderstood() async throws {
      var options = WorkerOptions()
      options.endpoint = .unix(path: directory.file("stereo.sock"))
      options.grammar = directory.write("commands.jsgf", Spoken.grammar)
      let text = try await transcript(
        of: Spoken.samples("turn on the kitchen light"), options, model: nil,
        WyomingAudioFormat(rateHz: 44_100, channels: 2))
      #expect(text == "turn on the kitchen light")
    }

    /// The 27 MB model of words, which no grammar helps.
    @Test func dictationUnderstandsFreeText() async throws {
      var options = WorkerOptions()
      options.endpoint = .unix(path: directory.file("dictation.sock"))
      options.grammar = directory.write("commands.jsgf", Spoken.grammar)
      options.dictation = true
      let said = "the weather is nice today"
      let text = try await transcript(of: Spoken.samples(said), options, model: "dictation", .speech)
      let right = text.split(separator: " ").filter { said.split(separator: " ").contains($0) }
      #expect(right.count >= 3, "\(text)")
    }

    /// What the service understands of 16 kHz mono samples, sent in another format.
    private func transcript(
      of samples: [Int16], _ options: WorkerOptions, model: String?, _ format: WyomingAudioFormat
    ) async throws -> String {
      let address = try #require(SocketAddress(options.endpoint))
      let service = try await onLoop { try SpeechService(options) }
      let client = try await onLoop {
        let client = try Client(WyomingStream(try await LoopActor.shared.loop.connect(to: address)))
        client.stream.send(.transcribe(language: "en", model: model))
        client.stream.send(.audioStart(WyomingAudio(format, timestamp: 0)))
        let sent = Self.converted(samples, to: format)
        for start in stride(from: 0, to: sent.count, by: 2048) {
          sent[start..<min(start + 2048, sent.count)].withUnsafeBufferPointer {
            #expect(client.stream.sendAudio(WyomingAudio(format), $0))
          }
          try await LoopActor.shared.loop.sleep(for: .milliseconds(1))
        }
        client.stream.send(.audioStop(timestamp: nil))
        return client
      }
      #expect(try await eventually(within: .seconds(60)) { !client.transcripts.isEmpty })
      return try await onLoop {
        service.stop()
        return client.transcripts.first ?? ""
      }
    }

    /// Between two samples on a straight line; the right channel is the left one.
    private static func converted(_ samples: [Int16], to format: WyomingAudioFormat) -> [Int16] {
      if format == .speech { return samples }
      let count = (samples.count - 1) * format.rateHz / 16_000
      var result: [Int16] = []
      for index in 0..<count {
        let place = Double(index) * 16_000 / Double(format.rateHz)
        let (before, part) = (Int(place), place - place.rounded(.down))
        let value = Double(samples[before]) * (1 - part) + Double(samples[before + 1]) * part
        result += repeatElement(Int16(value), count: format.channels)
      }
      return result
    }
  }
}

@LoopActor private final class Client {
  let stream: WyomingStream
  private(set) var transcripts: [String] = []

  init(_ stream: WyomingStream) {
    self.stream = stream
    stream.onEvent = { [weak self] event in
      if case .transcript(let text, _) = event { self?.transcripts.append(text) }
    }
  }
}

/// Waits at each step for the test's leave.
private final class SlowRecognizer: Recognizer {
  private let gate: DispatchSemaphore
  private let heard: Locked<[[Int16]]>
  private var samples: [Int16] = []

  init(_ gate: DispatchSemaphore, _ heard: Locked<[[Int16]]>) {
    self.gate = gate
    self.heard = heard
  }

  func start() {
    gate.wait()
    samples = []
  }

  func process(_ new: UnsafeBufferPointer<Int16>) {
    gate.wait()
    samples += new
  }

  var partial: String? { nil }

  func finish() -> Transcript {
    gate.wait()
    heard.withLock { $0.append(samples) }
    return Transcript(text: "\(samples.count)")
  }
}
