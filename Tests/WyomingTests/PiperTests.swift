// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Time
import Workers
import Wyoming

/// Against Piper's Wyoming service as it comes from PyPI. Its voices do not: what it is given for one is no
/// model, so that it can say what it can do and fail at doing it.
@Suite(.serialized, .enabled(if: Piper.isInstalled, "scripts/test-servers has not installed wyoming-piper"))
struct PiperTests {
  private static let server = Result { try Piper.start() }
  private let endpoint: Endpoint

  init() async throws {
    endpoint = .tcp(host: "127.0.0.1", port: try await onThread { try Self.server.get().port })
  }

  @Test func itsHundredVoicesAreKnown() async throws {
    let endpoint = endpoint
    let info = try await onLoop {
      let service = WyomingService(name: "piper", endpoint: endpoint)
      return try await service.describe(until: LoopActor.shared.loop.now + .seconds(60))
    }
    let voices = info[.tts].flatMap(\.models)
    #expect(voices.count > 100)
    #expect(voices.contains { $0.name == "en_US-lessac-low" })
  }

  @Test func whatItCannotSpeakEndsBeforeItsDeadline() async throws {
    let endpoint = endpoint
    let (error, left) = try await onLoop {
      let loop = LoopActor.shared.loop
      let deadline = loop.now + .seconds(60)
      let service = WyomingService(name: "piper", endpoint: endpoint)
      let speech = TextToSpeechClient(service).synthesize("hello", until: deadline)
      let error = await thrown(WorkerError.self) { try await speech.finished() }
      return (error, deadline - loop.now)
    }
    #expect(error?.stage == .textToSpeech)
    #expect(left > .zero, "\(String(describing: error))")
  }
}

private enum Piper {
  private static let directory = TemporaryDirectory()
  private static let home =
    #filePath.dropLast("/Tests/WyomingTests/PiperTests.swift".count) + "/build/test-servers/wyoming-piper"

  static var isInstalled: Bool { access("\(home)/installed", F_OK) == 0 }

  static func start() throws -> PythonServer {
    directory.write("en_US-lessac-low.onnx", "no model")
    directory.write("en_US-lessac-low.onnx.json", "{}")
    return try PythonServer(
      command: "\(home)/bin/python -m wyoming_piper --uri tcp://127.0.0.1:{port} --voice en_US-lessac-low "
        + "--data-dir \(directory.path) --local-files-only")
  }
}
