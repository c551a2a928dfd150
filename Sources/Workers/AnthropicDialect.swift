// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import Spelling
import Time

/// Anthropic's messages API, streamed. Source: its API reference, version 2023-06-01.
public struct AnthropicDialect: HTTPDialect {
  /// Tokens of an answer, which the API wants to be told.
  public static let tokensDefault: Int64 = 1024

  /// For intents that name none.
  public var model: String
  public var system: String?
  /// Added to each request's JSON.
  public var options: JSONObject

  public init(model: String, system: String? = nil, options: JSONObject = [:]) {
    self.model = model
    self.system = system
    self.options = options
  }

  package func ask(_ request: WorkerRequest, budget: Duration) throws(DialectError) -> HTTPAsk {
    let payload = request.intent.payload
    var content: [JSONValue] = []
    for media in payload.media {
      guard media.isImage else {
        throw DialectError(.unsupported, "this API takes text and images, not \(media.type)")
      }
      let source: JSONValue = [
        "type": "base64", "media_type": .string(media.type), "data": .string(Base64.encode(media.bytes)),
      ]
      content.append(["type": "image", "source": source])
    }
    if !payload.text.isEmpty { content.append(["type": "text", "text": .string(payload.text)]) }
    if content.isEmpty { throw DialectError(.unsupported, "there is nothing to ask") }
    var body: JSONObject = [
      "model": .string(request.intent.model ?? model), "max_tokens": .integer(Self.tokensDefault),
      "messages": [["role": "user", "content": .array(content)]], "stream": true,
    ]
    if let system { body["system"] = .string(system) }
    body.merge(options)
    return HTTPAsk("/v1/messages", json: body)
  }

  package func reader(_ head: HTTPHead) -> any AnswerReader {
    if head.isEventStream { return StreamedText(Self.step) }
    return WholeBody.json { (answer) throws(DialectError) in
      guard let blocks = answer["content"]?.arrayValue else {
        throw DialectError(.malformed, "there is no content in its answer. Is this Anthropic's API?")
      }
      return .text(blocks.compactMap { $0["text"]?.stringValue }.joined())
    }
  }

  private static func step(_ event: EventStream.Event) throws(DialectError) -> StreamedText.Step {
    let message = try WholeBody.parse(Array(event.data.utf8))
    switch message["type"]?.stringValue {
    case "content_block_delta":
      return message["delta"]?["text"]?.stringValue.map { .text($0) } ?? .nothing
    case "message_stop": return .last("")
    case "error":
      let isBusy = message["error"]?["type"]?.stringValue == "overloaded_error"
      throw DialectError(isBusy ? .busy : .broken, message["error"]?["message"]?.stringValue ?? "")
    default: return .nothing
    }
  }

  package var probePaths: [String] { ["/v1/models"] }

  package func capabilities(_ index: Int, _ answer: JSONValue?) -> Capabilities {
    let models = answer?["data"]?.arrayValue ?? []
    return Capabilities(models: models.compactMap { $0["id"]?.stringValue })
  }
}

extension HTTPWorker {
  /// - Parameter settings: its `url` with or without `/v1` at its end; its fields with the key as `x-api-key`.
  public convenience init(
    _ name: String, _ settings: HTTPWorkerSettings, anthropic dialect: AnthropicDialect,
    session: HTTPSession? = nil
  ) throws(HTTPError) {
    var settings = try settings.without("/v1")
    settings.fields.append(HTTPField("anthropic-version", "2023-06-01"))
    self.init(name, settings, dialect, session)
  }
}
