// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Intents
import Loop
import TestSupport
import Testing
import Time
import Workers

/// Another node, played by a server of its own: the wire is docs/workers.md's.
@Suite(.serialized) struct NodeWorkerTests {
  private static let server = Result {
    try PythonServer("\(#filePath.dropLast("/NodeWorkerTests.swift".count))/Servers/node.py hall")
  }
  let url: String

  init() async throws { url = "http://127.0.0.1:\(try await onThread { try Self.server.get().port })" }

  @LoopActor private static func worker(_ url: String, node: String = "kitchen", peer: String? = nil) throws
    -> HTTPWorker
  {
    var settings = HTTPWorkerSettings(try HTTPURL(url))
    settings.connectTimeout = .seconds(20)
    return try HTTPWorker("hall", settings, mtor: MtorDialect(node: node, peer: peer))
  }

  @LoopActor private static func intent(_ text: String, via: [String] = []) -> Intent {
    var intent = HTTPWorker.intent(.audio(Array("foo".utf8)))
    intent.payload.text = text
    intent.user = "ann"
    intent.via = via
    return intent
  }

  @Test(arguments: ["", "/v1", "/"])
  func anIntentGoesWithItsTimeAndItsWay(_ ending: String) async throws {
    let url = url + ending
    let answer = try await onLoop { try await Self.worker(url).ask(Self.intent("hello", via: ["cellar"])) }
    #expect(
      answer.payload?.text == "half hall ['$CHAT', 'normal', 'user', False] ['cellar', 'kitchen'] ann "
        + "['audio/wav Zm9v'] hello")
    #expect(answer.pieces.joined() == answer.payload?.text)
    #expect(answer.events.first == .started)
  }

  @Test func aNodeTellsWhatItCanDo() async throws {
    let url = url
    let result = try await onLoop {
      try await Self.worker(url).probe(until: LoopActor.shared.loop.now + .seconds(20))
    }
    #expect(result == .alive(Capabilities(models: ["small"], slots: 7)))
  }

  static let outcomes: [(String, WorkerFailure.Kind, String)] = [
    ("rejected", .busy, "it was rejected"), ("expired", .timeout, "it was expired"),
    ("failed", .broken, "it was failed"), ("nonsense", .malformed, "an outcome is"),
    ("another", .malformed, "another text than its pieces"),
    ("die", .broken, "without an outcome"),
  ]

  @Test(arguments: outcomes)
  func anOutcomeThereIsAResultHere(_ text: String, _ kind: WorkerFailure.Kind, _ said: String) async throws {
    let url = url
    let answer = try await onLoop { try await Self.worker(url).ask(Self.intent(text)) }
    #expect(answer.failure?.kind == kind)
    #expect(answer.failure?.text.contains(said) == true, "\(String(describing: answer.failure))")
  }

  /// The way so far, our name, the other's as we know it, and who notices.
  static let loops: [([String], String, String?, String)] = [
    (["hall"], "kitchen", "hall", "through 'hall' already"),
    (["kitchen", "cellar"], "kitchen", nil, "through this node already"),
    (["a", "b", "c", "d"], "kitchen", nil, "through 4 nodes already"),
    // We do not know its name, but it does.
    (["hall"], "kitchen", nil, "status 508: came through hall, kitchen"),
  ]

  @Test(arguments: loops)
  func noIntentRunsInCircles(_ via: [String], _ node: String, _ peer: String?, _ said: String) async throws {
    let url = url
    let answer = try await onLoop {
      try await Self.worker(url, node: node, peer: peer).ask(Self.intent("hello", via: via))
    }
    #expect(answer.failure?.kind == .unsupported)
    #expect(answer.failure?.text.contains(said) == true, "\(String(describing: answer.failure))")
  }
}
