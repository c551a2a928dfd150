// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import Spelling
import Time

/// OpenAI's API, as llama.cpp, Ollama, whisper.cpp, vLLM, LiteLLM and OpenAI itself serve it.
/// Source: OpenAI's API reference, and the servers' own deviations from it (docs/workers.md).
public struct OpenAIDialect: HTTPDialect {
  public var task: WorkerTask
  /// For intents that name none.
  public var model: String?
  /// A system message in front of each chat.
  public var system: String?
  /// Added to each request's JSON, or to the form: whatever else a server understands.
  public var options: JSONObject

  public init(_ task: WorkerTask, model: String? = nil, system: String? = nil, options: JSONObject = [:]) {
    self.task = task
    self.model = model
    self.system = system
    self.options = options
  }

  package func ask(_ request: WorkerRequest, budget: Duration) throws(DialectError) -> HTTPAsk {
    let payload = request.intent.payload
    let model = request.intent.model ?? model
    switch task {
    case .chat: return try chat(payload, model)
    case .transcribe: return try transcription(payload, model)
    case .speak: return speech(payload, model)
    case .imagine: return image(payload, model)
    }
  }

  package func reader(_ head: HTTPHead) -> any AnswerReader {
    switch task {
    case .chat where head.isEventStream: StreamedText(Self.step)
    case .chat: WholeBody.json(Self.message)
    case .transcribe:
      WholeBody.json { (answer) throws(DialectError) in
        guard let text = answer["text"]?.stringValue else { throw Self.missing("text") }
        return .text(text)
      }
    case .speak:
      WholeBody { (body) throws(DialectError) in try Self.sound(head["content-type"] ?? "audio/wav", body) }
    case .imagine: WholeBody.json(Self.image)
    }
  }

  // MARK: Requests

  private func chat(_ payload: Payload, _ model: String?) throws(DialectError) -> HTTPAsk {
    var messages: [JSONValue] = []
    if let system { messages.append(["role": "system", "content": .string(system)]) }
    messages.append(["role": "user", "content": try content(payload)])
    var body: JSONObject = ["messages": .array(messages), "stream": true]
    if let model { body["model"] = .string(model) }
    body.merge(options)
    return HTTPAsk("/v1/chat/completions", json: body, fields: [HTTPField("Accept", "text/event-stream")])
  }

  /// The text alone, or the list that media need.
  private func content(_ payload: Payload) throws(DialectError) -> JSONValue {
    if payload.media.isEmpty {
      if payload.text.isEmpty { throw DialectError(.unsupported, "there is nothing to ask") }
      return .string(payload.text)
    }
    var parts: [JSONValue] = []
    if !payload.text.isEmpty { parts.append(["type": "text", "text": .string(payload.text)]) }
    for media in payload.media {
      let data = Base64.encode(media.bytes)
      if media.isImage {
        // As data, not as an address: Ollama takes no other.
        let url = JSONValue.string("data:\(media.type);base64,\(data)")
        parts.append(["type": "image_url", "image_url": ["url": url]])
      } else if media.isAudio {
        let format = JSONValue.string(Self.fileExtension(media.type))
        parts.append(["type": "input_audio", "input_audio": ["data": .string(data), "format": format]])
      } else {
        throw DialectError(.unsupported, "a chat takes text, images and sounds, not \(media.type)")
      }
    }
    return .array(parts)
  }

  private func transcription(_ payload: Payload, _ model: String?) throws(DialectError) -> HTTPAsk {
    guard let audio = payload.audio else {
      throw DialectError(.unsupported, "there is no sound to transcribe")
    }
    var random = SystemRandomNumberGenerator()
    var form = MultipartForm(
      boundary: "mtor-\(String(random.next(), radix: 36))-\(String(random.next(), radix: 36))")
    // Servers choose the decoder by the file's name, and OpenAI wants a model.
    form.add("file", file: "speech.\(Self.fileExtension(audio.type))", type: audio.type, audio.bytes)
    form.add("model", model ?? "whisper-1")
    form.add("response_format", "json")
    for (key, value) in options.members { form.add(key, value.stringValue ?? Self.text(value)) }
    return HTTPAsk(
      "/v1/audio/transcriptions", fields: [HTTPField("Content-Type", form.contentType)], body: form.body)
  }

  private func speech(_ payload: Payload, _ model: String?) -> HTTPAsk {
    var body: JSONObject = [
      "model": .string(model ?? "tts-1"), "voice": "alloy", "response_format": "wav",
      "input": .string(payload.text),
    ]
    body.merge(options)
    return HTTPAsk("/v1/audio/speech", json: body)
  }

  private func image(_ payload: Payload, _ model: String?) -> HTTPAsk {
    var body: JSONObject = ["prompt": .string(payload.text), "n": 1]
    if let model { body["model"] = .string(model) }
    // The newer models of OpenAI always answer in base64 and refuse the option.
    if model?.hasPrefix("gpt-image") != true { body["response_format"] = "b64_json" }
    body.merge(options)
    return HTTPAsk("/v1/images/generations", json: body)
  }

  private static func text(_ value: JSONValue) -> String {
    String(decoding: JSONText.bytes(value), as: UTF8.self)
  }

  static func fileExtension(_ type: String) -> String {
    switch type.prefix(while: { $0 != ";" }) {
    case "audio/mpeg", "audio/mp3": "mp3"
    case "audio/ogg": "ogg"
    case "audio/flac", "audio/x-flac": "flac"
    case "audio/webm": "webm"
    case "audio/mp4", "audio/x-m4a": "m4a"
    default: "wav"
    }
  }

  // MARK: Answers

  static func missing(_ what: String) -> DialectError {
    DialectError(.malformed, "there is no \(what) in its answer. Is this an OpenAI-compatible service?")
  }

  private static func message(_ answer: JSONValue) throws(DialectError) -> Payload {
    guard let message = answer["choices"]?[0]?["message"] else { throw missing("message") }
    var payload = Payload(text: message["content"]?.stringValue ?? "")
    if let calls = message["tool_calls"], calls.arrayValue?.isEmpty == false {
      payload.media.append(FunctionCalls.media(calls))
    }
    return payload
  }

  /// The model's wish to have functions called, as the API has it: a part of the answer's media. `options`
  /// offers them.
  public static let toolCallsType = "application/vnd.openai.tool-calls+json"

  /// Some say of a WAV file that it is a stream of octets, and a proxy's page for people is none.
  private static func sound(_ contentType: String, _ body: [UInt8]) throws(DialectError) -> Payload {
    if body.isEmpty { throw missing("sound") }
    let isWAV = body.starts(with: Array("RIFF".utf8))
    var type = String(contentType.prefix { $0 != ";" && $0 != " " }).lowercased()
    if type == "application/octet-stream", isWAV { type = "audio/wav" }
    guard type.hasPrefix("audio/") || type == "application/octet-stream" else {
      throw DialectError(
        .malformed, "its answer is \(type), not a sound. Is this an OpenAI-compatible service?")
    }
    if ["audio/wav", "audio/x-wav", "audio/wave"].contains(type), !isWAV {
      throw DialectError(.malformed, "its sound is called \(type) and does not begin like that")
    }
    return .audio(body, type: type)
  }

  private static func step(_ event: EventStream.Event) throws(DialectError) -> StreamedText.Step {
    if event.data == "[DONE]" { return .last("") }
    let chunk = try WholeBody.parse(Array(event.data.utf8))
    if let error = chunk["error"], !error.isNull {
      throw DialectError(.broken, error["message"]?.stringValue ?? error.stringValue ?? "")
    }
    // The chunk that tells the usage has no choices.
    guard let choice = chunk["choices"]?[0] else { return .nothing }
    let delta = choice["delta"]?["content"]?.stringValue
    let calls = choice["delta"]?["tool_calls"]?.arrayValue ?? []
    // Some end here, without a word of being done.
    if choice["finish_reason"]?.stringValue != nil { return .last(delta ?? "", calls: calls) }
    return delta == nil && calls.isEmpty ? .nothing : .text(delta ?? "", calls: calls)
  }

  private static func image(_ answer: JSONValue) throws(DialectError) -> Payload {
    guard let first = answer["data"]?[0] else { throw missing("image") }
    guard let bytes = first["b64_json"]?.stringValue.flatMap(Base64.decode) else {
      throw DialectError(.malformed, "its image is not base64: set 'response_format' in its options")
    }
    return Payload(text: first["revised_prompt"]?.stringValue ?? "", media: [Payload.Media(image: bytes)])
  }

  // MARK: Signs of life

  /// whisper.cpp has no list of models, only its health.
  package var probePaths: [String] { ["/v1/models", "/health"] }

  package func capabilities(_ index: Int, _ answer: JSONValue?) -> Capabilities {
    guard index == 0, let models = answer?["data"]?.arrayValue else { return Capabilities() }
    return Capabilities(models: models.compactMap { $0["id"]?.stringValue })
  }

  /// llama.cpp's server. It has `/slots` too, which has to be switched on, and shows what others have asked.
  package func slotsPath(_ answer: JSONValue?) -> String? {
    answer?["data"]?[0]?["owned_by"] == "llamacpp" ? "/props" : nil
  }

  package func slots(_ answer: JSONValue?) -> Int? {
    answer?["total_slots"]?.integerValue.map(Int.init(clamping:))
  }
}

extension HTTPWorker {
  /// - Parameter settings: its `url` with or without `/v1` at its end.
  public convenience init(
    _ name: String, _ settings: HTTPWorkerSettings, openai dialect: OpenAIDialect, session: HTTPSession? = nil
  ) throws(HTTPError) {
    self.init(name, try settings.without("/v1"), dialect, session)
  }
}
