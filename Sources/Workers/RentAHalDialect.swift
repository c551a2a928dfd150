// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import Spelling
import Time

/// The workers of RENT-A-HAL, as they are: chat, vision, transcription and speech behind `/predict`, and
/// Stable Diffusion's web UI behind `/sdapi/v1/txt2img`.
public struct RentAHalDialect: HTTPDialect {
  public var task: WorkerTask
  /// Sent along as the broker does; stock workers have one model and do not look at it.
  public var model: String
  /// Added to each request's JSON.
  public var options: JSONObject

  public init(_ task: WorkerTask, model: String? = nil, options: JSONObject = [:]) {
    self.task = task
    self.model = model ?? "default_worker"
    self.options = options
  }

  package func ask(_ request: WorkerRequest, budget: Duration) throws(DialectError) -> HTTPAsk {
    let payload = request.intent.payload
    var body: JSONObject
    switch task {
    case .chat:
      body = ["prompt": .string(payload.text), "type": "chat", "model_type": "worker_node"]
      body["model_name"] = .string(request.intent.model ?? model)
      if let image = payload.image {
        body["type"] = "vision"
        body["image"] = .string(Base64.encode(image.bytes))
      }
    case .transcribe:
      guard let audio = payload.audio else {
        throw DialectError(.unsupported, "there is no sound to transcribe")
      }
      body = ["audio": .string(Base64.encode(audio.bytes)), "task": "transcribe"]
    case .speak: body = ["prompt": .string(payload.text)]
    case .imagine:
      body = [
        "prompt": .string(payload.text), "negative_prompt": "", "steps": 50, "sampler_name": "Euler a",
        "cfg_scale": 7, "width": 512, "height": 512, "seed": -1,
      ]
    }
    body.merge(options)
    return HTTPAsk(task == .imagine ? "/sdapi/v1/txt2img" : "/predict", json: body)
  }

  /// Takes each of the keys that one of their workers answers with.
  package func reader(_ head: HTTPHead) -> any AnswerReader {
    WholeBody.json { (answer) throws(DialectError) in
      if let text = answer["response"]?.stringValue ?? answer["text"]?.stringValue { return .text(text) }
      if let sound = answer["audio_base64"]?.stringValue.flatMap(Base64.decode) { return .audio(sound) }
      if let image = answer["images"]?[0]?.stringValue.flatMap(Base64.decode) {
        return Payload(media: [Payload.Media(image: image)])
      }
      throw DialectError(
        .malformed,
        "neither 'response', 'text', 'audio_base64' nor 'images' in its answer. Is this its worker?")
    }
  }

  /// Stable Diffusion's web UI has no `/health`.
  package var probePaths: [String] { task == .imagine ? ["/sdapi/v1/options", "/health"] : ["/health"] }

  package func capabilities(_ index: Int, _ answer: JSONValue?) -> Capabilities { Capabilities() }
}

extension HTTPWorker {
  /// - Parameter address: `HOST:PORT` as its configuration has it, or a URL; a path that repeats the
  ///   protocol's own (`/sdapi/v1`, `/predict`), as its guide tells users to write, is dropped.
  public convenience init(
    _ name: String, rentAHal address: String, _ dialect: RentAHalDialect,
    session: HTTPSession? = nil, change: (inout HTTPWorkerSettings) -> Void = { _ in }
  ) throws(HTTPError) {
    let url = try HTTPURL(address.contains("://") ? address : "http://\(address)")
    var settings = try HTTPWorkerSettings(url).without("/sdapi/v1/txt2img", "/sdapi/v1", "/predict")
    change(&settings)
    self.init(name, settings, dialect, session)
  }
}
