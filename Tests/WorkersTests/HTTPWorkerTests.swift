// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import TestSupport
import Testing
import Time
import Workers

/// Each dialect against a server that answers as the real ones do on the wire.
@Suite(.serialized) struct HTTPWorkerTests {
  private static let server = Result {
    try PythonServer("\(#filePath.dropLast("/HTTPWorkerTests.swift".count))/Servers/workers.py")
  }
  let base: String

  init() async throws { base = "http://127.0.0.1:\(try await onThread { try Self.server.get().port })" }

  /// Asks a worker and waits for its end.
  private func ask(
    _ payload: Payload, model: String? = nil, within limit: Duration = .seconds(20),
    _ make: @escaping @Sendable @LoopActor () throws -> HTTPWorker
  ) async throws -> Answer {
    try await onLoop {
      var intent = HTTPWorker.intent(payload, within: limit)
      intent.model = model
      return try await make().ask(intent)
    }
  }

  private func openAI(_ dialect: OpenAIDialect, _ path: String = "/v1", key: String? = nil) throws
    -> @Sendable @LoopActor () throws -> HTTPWorker
  {
    var settings = HTTPWorkerSettings(try HTTPURL(base + path))
    settings.connectTimeout = .seconds(20)
    if let key { settings.fields.append(HTTPField("Authorization", "Bearer \(key)")) }
    return { [settings] in try HTTPWorker("llm", settings, openai: dialect) }
  }

  // MARK: OpenAI

  @Test(arguments: ["/v1", "", "/v1/"])
  func aChatIsStreamedAndWholeAtItsEnd(_ path: String) async throws {
    let answer = try await ask(
      .text("hello"), openAI(OpenAIDialect(.chat, model: "small", system: "be brief"), path, key: "k"))
    #expect(answer.payload?.text == "you said: hello – grüße system Bearer k")
    #expect(answer.pieces.joined() == answer.payload?.text)
    #expect(!answer.pieces.isEmpty)
    #expect(answer.events.first == .started)
  }

  @Test func anImageGoesWithItsQuestion() async throws {
    let answer = try await ask(
      .image(Array("pixels".utf8), text: "what is it?"), openAI(OpenAIDialect(.chat)))
    #expect(answer.payload?.text.hasPrefix("you said: text image_url pixels") == true)
  }

  @Test func aSoundGoesToAModelThatHears() async throws {
    let answer = try await ask(.audio([1, 2, 3]), openAI(OpenAIDialect(.chat)))
    #expect(answer.payload?.text.hasPrefix("you said: input_audio") == true)
  }

  @Test func aServerThatDoesNotStreamIsUnderstood() async throws {
    let answer = try await ask(.text("hello"), model: "plain", openAI(OpenAIDialect(.chat)))
    #expect(answer.payload == .text("plain answer"))
  }

  @Test func anAnswerMayEndWithoutAWordOfBeingDone() async throws {
    let answer = try await ask(.text("hello"), model: "stops", openAI(OpenAIDialect(.chat)))
    #expect(answer.payload == .text("all of it"))
  }

  @Test func callsOfFunctionsAreHandedOn() async throws {
    let answer = try await ask(.text("light"), model: "tools", openAI(OpenAIDialect(.chat)))
    let media = try #require(answer.payload?.media.first)
    #expect(media.type == OpenAIDialect.toolCallsType)
    #expect(try JSONText.value(media.bytes)[0]?["function"]?["name"] == "light")
  }

  @Test func callsOfFunctionsThatComeInPartsAreHandedOnWhole() async throws {
    let answer = try await ask(.text("light"), model: "streams tools", openAI(OpenAIDialect(.chat)))
    let media = try #require(answer.payload?.media.first)
    #expect(media.type == OpenAIDialect.toolCallsType && answer.payload?.text == "")
    #expect(
      try JSONText.value(media.bytes) == [
        ["id": "c1", "type": "function", "function": ["name": "light", "arguments": #"{"room":"hall"}"#]],
        ["id": "c2", "type": "function", "function": ["name": "fan", "arguments": "{}"]],
      ])
    let far = try await ask(.text("light"), model: "calls too far", openAI(OpenAIDialect(.chat)))
    #expect(far.failure?.kind == .malformed)
    #expect(far.failure?.text == "it calls function 3 of an answer that has 2")
    let much = try await ask(.text("light"), model: "calls too much", openAI(OpenAIDialect(.chat)))
    #expect(much.failure?.text == "its calls of functions have more than 262144 bytes")
  }

  @Test func speechBecomesTextAndTextSpeech() async throws {
    let transcript = try await ask(
      .audio([UInt8](repeating: 7, count: 1000)),
      openAI(OpenAIDialect(.transcribe, options: ["language": "en", "temperature": 0])))
    #expect(
      transcript.payload?.text
        == "multipart/form-data ['file', 'language', 'model', 'response_format', 'temperature'] 1000 True")
    let speech = try await ask(.text("hello"), openAI(OpenAIDialect(.speak)))
    #expect(speech.payload?.audio?.type == "audio/wav")
    #expect(speech.payload?.audio.map { String(decoding: $0.bytes.suffix(8), as: UTF8.self) } == "hellowav")
  }

  /// Called a sound by nobody, or a WAV file by mistake.
  @Test(arguments: ["a page", "noise"])
  func whatIsNoSoundIsNotPlayed(_ text: String) async throws {
    let answer = try await ask(.text(text), openAI(OpenAIDialect(.speak)))
    #expect(answer.failure?.kind == .malformed, "\(String(describing: answer.result))")
  }

  @Test func anImageIsMade() async throws {
    let answer = try await ask(.text("a cat"), openAI(OpenAIDialect(.imagine)))
    #expect(answer.payload?.image?.type == "image/png")
    #expect(answer.payload?.image.map { String(decoding: $0.bytes.suffix(5), as: UTF8.self) } == "a cat")
  }

  /// The model that provokes it, what it counts as, and a part of its text.
  static let failures: [(String, WorkerFailure.Kind, String)] = [
    ("busy", .busy, "status 429: Rate limit reached"),
    ("unknown", .unsupported, "status 404: The model `unknown` does not exist"),
    ("breaks", .broken, "out of memory"),
    ("dies", .broken, "ended before the answer did"),
    ("empty", .broken, "ended before the answer did"),
  ]

  @Test(arguments: failures)
  func aFailureSaysWhatTheServerSaid(_ model: String, _ kind: WorkerFailure.Kind, _ text: String) async throws
  {
    let answer = try await ask(.text("hello"), model: model, openAI(OpenAIDialect(.chat)))
    #expect(answer.failure?.kind == kind)
    #expect(answer.failure?.text.contains(text) == true, "\(String(describing: answer.failure))")
    #expect(answer.failure?.retryAfter == (kind == .busy ? .seconds(3) : nil))
  }

  @Test func whatAWorkerCannotTakeIsSaidWithoutAskingIt() async throws {
    let answer = try await ask(.text("hello"), openAI(OpenAIDialect(.transcribe), "/nowhere"))
    #expect(answer.failure?.kind == .unsupported)
    #expect(answer.events.count == 1)
  }

  @Test func nobodyThereIsUnreachable() async throws {
    let answer = try await ask(.text("hello")) {
      try HTTPWorker(
        "llm", HTTPWorkerSettings(HTTPURL("http://127.0.0.1:9")), openai: OpenAIDialect(.chat))
    }
    #expect(answer.failure?.kind == .unreachable)
  }

  @Test func aStreamThatStallsEndsAtTheDeadline() async throws {
    let answer = try await ask(
      .text("hello"), model: "stalls", within: .seconds(2), openAI(OpenAIDialect(.chat)))
    #expect(answer.pieces == ["half"])
    #expect(answer.failure?.kind == .timeout)
  }

  @Test func aCancelledCallSaysNothingMore() async throws {
    let make = try openAI(OpenAIDialect(.chat))
    let events = try await onLoop {
      let loop = LoopActor.shared.loop
      let intent = Intent(
        id: "1", realm: "$CHAT", payload: .text("x"), deadline: loop.now + .seconds(1), origin: .user)
      var events = 0
      let call = try make().call(WorkerRequest(intent, deadline: intent.deadline)) { _ in events += 1 }
      call.cancel()
      try await loop.sleep(for: .milliseconds(100))
      return events
    }
    #expect(events == 0)
  }

  // MARK: Anthropic

  private func claude(_ model: String, key: String = "s3cret") throws
    -> @Sendable @LoopActor () throws -> HTTPWorker
  {
    var settings = HTTPWorkerSettings(try HTTPURL(base))
    settings.connectTimeout = .seconds(20)
    settings.fields = [HTTPField("x-api-key", key)]
    return { [settings] in
      try HTTPWorker("claude", settings, anthropic: AnthropicDialect(model: model, system: "be brief"))
    }
  }

  @Test func messagesAreStreamedWithTheirImages() async throws {
    let answer = try await ask(.image([1], text: "what is it?"), claude("small"))
    #expect(answer.payload?.text == "heard: image what is it? 1024")
    #expect(!answer.pieces.isEmpty)
  }

  @Test func overloadIsBusyInTheStatusAndInTheStream() async throws {
    for model in ["overloaded", "overloads"] {
      #expect(try await ask(.text("x"), claude(model)).failure?.kind == .busy)
    }
  }

  @Test func aWrongKeyIsNoFaultOfTheRequest() async throws {
    let answer = try await ask(.text("x"), claude("small", key: "wrong"))
    #expect(answer.failure?.kind == .misconfigured)
    #expect(answer.failure?.text == "status 401: invalid x-api-key. Check its key")
  }

  // MARK: RENT-A-HAL

  private func stock(_ task: WorkerTask, _ address: String? = nil)
    -> @Sendable @LoopActor () throws -> HTTPWorker
  {
    let address = address ?? String(base.dropFirst("http://".count))
    return {
      try HTTPWorker("stock", rentAHal: address, RentAHalDialect(task)) { $0.connectTimeout = .seconds(20) }
    }
  }

  @Test func stockWorkersChatSeeHearSpeakAndPaint() async throws {
    #expect(
      try await ask(.text("ping"), stock(.chat)).payload?.text == "chat worker_node default_worker ping ")
    #expect(
      try await ask(.image(Array("pixels".utf8), text: "see"), model: "v1", stock(.chat)).payload?.text
        == "vision worker_node v1 see pixels")
    #expect(try await ask(.audio([1, 2, 3]), stock(.transcribe)).payload?.text == "3 bytes")
    #expect(
      try await ask(.text("hello"), stock(.speak)).payload?.audio?.bytes.suffix(5) == ArraySlice("hello".utf8)
    )
    #expect(
      try await ask(.text("a cat"), stock(.imagine)).payload?.image?.bytes.suffix(7)
        == ArraySlice("Euler a".utf8))
  }

  @Test func anAddressThatRepeatsThePathIsUnderstood() async throws {
    #expect(try await ask(.text("a cat"), stock(.imagine, base + "/sdapi/v1")).payload?.image != nil)
    #expect(try await ask(.text("ping"), stock(.chat, base + "/predict/")).payload != nil)
  }

  @Test func itsErrorsAreHandedOn() async throws {
    let failure = try await ask(.text("fail"), stock(.chat)).failure
    #expect(failure?.kind == .broken)
    #expect(failure?.text == "status 500: ollama: model not found")
  }

  // MARK: Signs of life

  private func probe(_ make: @escaping @Sendable @LoopActor () throws -> HTTPWorker) async throws
    -> ProbeResult
  {
    try await onLoop { try await make().probe(until: LoopActor.shared.loop.now + .seconds(20)) }
  }

  @Test func aProbeTellsModelsBusynessAndDeath() async throws {
    #expect(
      try await probe(openAI(OpenAIDialect(.chat))) == .alive(Capabilities(models: ["small", "large"])))
    #expect(try await probe(openAI(OpenAIDialect(.chat), "/busy")) == .busy)
    #expect(try await probe(openAI(OpenAIDialect(.transcribe), "/whisper")) == .alive(Capabilities()))
    #expect(try await probe(stock(.chat)) == .alive(Capabilities()))
    #expect(
      try await probe(openAI(OpenAIDialect(.chat), "/llama"))
        == .alive(Capabilities(models: ["small"], slots: 4)))
    #expect(
      try await probe(openAI(OpenAIDialect(.chat), "/oldllama")) == .alive(Capabilities(models: ["small"])))
    #expect(try await probe(stock(.imagine)) == .alive(Capabilities()))
    for (path, text) in [
      "/breaks": "/v1/models: status 500", "/locked": "/v1/models: status 403",
      "/" + String(repeating: "a", count: HTTPURL.bytesMax - 25): "more than 8192 bytes",
    ] {
      guard case .dead(let failure) = try await probe(openAI(OpenAIDialect(.chat), path)) else {
        Issue.record("\(path.prefix(20)) is no sign of life")
        continue
      }
      #expect(failure.text.contains(text), "\(failure)")
    }
    guard case .dead(let failure) = try await probe(stock(.chat, "127.0.0.1:9")) else {
      Issue.record("a worker that is not there is dead")
      return
    }
    #expect(failure.kind == .unreachable)
  }
}
