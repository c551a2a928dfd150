// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Intents
import TestSupport
import Testing
import Time

@testable import Workers

/// What a dialect cannot ask, and what it does not take for an answer.
@Suite struct DialectTests {
  static let asks: [(dialect: any HTTPDialect, payload: Payload, text: String)] = [
    (OpenAIDialect(.chat), Payload(), "there is nothing to ask"),
    (OpenAIDialect(.chat), file, "a chat takes text, images and sounds, not application/pdf"),
    (OpenAIDialect(.transcribe), .text("a"), "there is no sound to transcribe"),
    (AnthropicDialect(model: "m"), Payload(), "there is nothing to ask"),
    (AnthropicDialect(model: "m"), .audio([1]), "this API takes text and images, not audio/wav"),
    (RentAHalDialect(.transcribe), .text("a"), "there is no sound to transcribe"),
  ]
  private static let file = Payload(media: [Payload.Media(type: "application/pdf", bytes: [1])])

  @Test(arguments: asks.indices) func whatCannotBeAskedIsRefused(_ index: Int) {
    let (dialect, payload, text) = Self.asks[index]
    let deadline = Instant(nanoseconds: 1)
    let intent = Intent(id: "1", realm: "$CHAT", payload: payload, deadline: deadline, origin: .user)
    let request = WorkerRequest(intent, deadline: deadline)
    let error = thrown(DialectError.self) { try dialect.ask(request, budget: .seconds(1)) }
    #expect(error?.kind == .unsupported && error?.text == text, "\(error?.text ?? "")")
  }

  static let stream = "text/event-stream"
  static let answers: [(dialect: any HTTPDialect, type: String, body: String, text: String)] = [
    (OpenAIDialect(.chat), "", "<html>", "its answer is not JSON"),
    (OpenAIDialect(.chat), "", "{}", "there is no message in its answer"),
    (OpenAIDialect(.chat), stream, "data: {\"error\": \"no\\nroom\"}\n\n", "no"),
    (OpenAIDialect(.transcribe), "", "{}", "there is no text in its answer"),
    (OpenAIDialect(.speak), "", "", "there is no sound in its answer"),
    (OpenAIDialect(.imagine), "", "{\"data\": []}", "there is no image in its answer"),
    (OpenAIDialect(.imagine), "", "{\"data\": [{\"url\": \"http://x\"}]}", "its image is not base64"),
    (AnthropicDialect(model: "m"), "", "{}", "there is no content in its answer"),
    (MtorDialect(node: "n"), stream, "event: piece\ndata: 7\n\n", "an answer is a JSON object"),
    (RentAHalDialect(.chat), "", "{}", "neither 'response', 'text', 'audio_base64' nor 'images'"),
  ]

  @Test(arguments: answers.indices) func whatIsNoAnswerIsNamed(_ index: Int) {
    let (dialect, type, body, text) = Self.answers[index]
    let head = HTTPHead(status: 200, fields: [HTTPField("Content-Type", type)])
    let error = thrown(DialectError.self) {
      var reader = dialect.reader(head)
      _ = try Array(body.utf8).withUnsafeBytes { try reader.receive($0) }
      _ = try reader.end()
    }
    #expect(error?.text.hasPrefix(text) == true, "\(error?.text ?? "")")
  }

  @Test func anEventThatIsTooLongIsMalformed() {
    let long = Array("data: ".utf8) + [UInt8](repeating: 0x61, count: EventStream.dataMaxBytes)
    let head = HTTPHead(status: 200, fields: [HTTPField("Content-Type", Self.stream)])
    let dialects: [any HTTPDialect] = [OpenAIDialect(.chat), MtorDialect(node: "n")]
    for (dialect, what) in zip(dialects, ["stream", "answer"]) {
      var reader = dialect.reader(head)
      let error = thrown(DialectError.self) { try long.withUnsafeBytes { try reader.receive($0) } }
      #expect(error?.kind == .malformed && error?.text.hasPrefix("an event of its \(what) has more") == true)
    }
  }

  @Test func aKeptProgramAnswersInObjects() {
    var answer = ExecAnswer(id: "i7/1", isKept: true)
    let error = thrown(DialectError.self) { try answer.receive("hello") }
    #expect(error?.kind == .malformed && error?.text == "a line of its answer is no JSON object: hello")
  }

  @Test func aServersOwnTextIsOneShortLine() {
    let error = DialectError(.broken, "\r\n" + String(repeating: "x", count: 5000) + "\nmore")
    #expect(error.text == String(repeating: "x", count: DialectError.textMaxBytes))
  }

  @Test(arguments: [#"{"message":""}"#, #"{"message":" \t\r\n "}"#, #"{"code":1}"#, #""""#])
  func aServiceThatDoesNotSayWhyIsToldSo(error: String) {
    let event = Array("data: {\"type\":\"error\",\"error\":\(error)}\n\n".utf8)
    let head = HTTPHead(status: 200, fields: [HTTPField("Content-Type", Self.stream)])
    for dialect in [OpenAIDialect(.chat), AnthropicDialect(model: "m")] as [any HTTPDialect] {
      var reader = dialect.reader(head)
      let thrown = thrown(DialectError.self) { try event.withUnsafeBytes { try reader.receive($0) } }
      #expect(thrown?.kind == .broken && thrown?.text == "it does not say why")
    }
  }
}
