// SPDX-License-Identifier: Apache-2.0
import JSON

extension WyomingEvent {
  /// Understands a frame. Unknown types become `.other`, unknown fields are ignored.
  /// - Throws: `WyomingError.dataMalformed` when a field that the type needs is missing or of
  ///   another kind.
  public init(_ frame: WyomingFrame) throws(WyomingError) {
    guard let read = Self.readers[frame.type] else {
      self = .other(frame)
      return
    }
    self = try read(WyomingFields(type: frame.type, data: frame.data))
  }

  private typealias Reader = @Sendable (WyomingFields) throws(WyomingError) -> WyomingEvent

  private static let readers: [String: Reader] = [
    "describe": { _ in .describe },
    "info": { (fields) throws(WyomingError) in .info(try WyomingInfo(fields)) },
    "audio-start": { (fields) throws(WyomingError) in .audioStart(try fields.audio()) },
    "audio-stop": { (fields) throws(WyomingError) in
      .audioStop(timestamp: try fields.integer("timestamp"))
    },
    "voice-started": { (fields) throws(WyomingError) in
      .voiceStarted(timestamp: try fields.integer("timestamp"))
    },
    "voice-stopped": { (fields) throws(WyomingError) in
      .voiceStopped(timestamp: try fields.integer("timestamp"))
    },
    "played": { _ in .played },
    "transcribe": { (fields) throws(WyomingError) in
      .transcribe(language: try fields.text("language"), model: try fields.text("name"))
    },
    "transcript": { (fields) throws(WyomingError) in
      .transcript(text: try fields.needed("text"), language: try fields.text("language"))
    },
    "transcript-start": { (fields) throws(WyomingError) in
      .transcriptStart(language: try fields.text("language"))
    },
    "transcript-chunk": { (fields) throws(WyomingError) in
      .transcriptChunk(text: try fields.needed("text"))
    },
    "transcript-stop": { _ in .transcriptStop },
    "detect": { (fields) throws(WyomingError) in .detect(names: try fields.texts("names")) },
    "detection": { (fields) throws(WyomingError) in
      .detection(
        name: try fields.text("name"), timestamp: try fields.integer("timestamp"),
        speaker: try fields.text("speaker"))
    },
    "not-detected": { _ in .notDetected },
    "synthesize": { (fields) throws(WyomingError) in
      .synthesize(text: try fields.needed("text"), voice: try fields.voice())
    },
    "synthesize-start": { (fields) throws(WyomingError) in
      .synthesizeStart(voice: try fields.voice())
    },
    "synthesize-chunk": { (fields) throws(WyomingError) in
      .synthesizeChunk(text: try fields.needed("text"))
    },
    "synthesize-stop": { _ in .synthesizeStop },
    "synthesize-stopped": { _ in .synthesizeStopped },
    "recognize": { (fields) throws(WyomingError) in .recognize(text: try fields.needed("text")) },
    "intent": { (fields) throws(WyomingError) in .intent(try fields.intent()) },
    "not-recognized": { (fields) throws(WyomingError) in
      .notRecognized(text: try fields.text("text"))
    },
    "handled": { (fields) throws(WyomingError) in .handled(text: try fields.text("text")) },
    "not-handled": { (fields) throws(WyomingError) in .notHandled(text: try fields.text("text")) },
    "run-satellite": { _ in .runSatellite },
    "pause-satellite": { _ in .pauseSatellite },
    "ping": { (fields) throws(WyomingError) in .ping(text: try fields.text("text")) },
    "pong": { (fields) throws(WyomingError) in .pong(text: try fields.text("text")) },
    "error": { (fields) throws(WyomingError) in
      .error(text: try fields.text("text") ?? "", code: try fields.text("code"))
    },
  ]

  /// As it goes onto the wire. `null` is written where the Python library writes it; other fields
  /// without a value are left out.
  public var frame: WyomingFrame {
    switch self {
    case .describe: WyomingFrame("describe")
    case .info(let info): WyomingFrame("info", info.data)
    case .audioStart(let audio): WyomingFrame("audio-start", audio.data)
    case .audioStop(let timestamp): WyomingFrame("audio-stop", ["timestamp": .init(timestamp)])
    case .voiceStarted(let timestamp):
      WyomingFrame("voice-started", ["timestamp": .init(timestamp)])
    case .voiceStopped(let timestamp):
      WyomingFrame("voice-stopped", ["timestamp": .init(timestamp)])
    case .played: WyomingFrame("played")
    case .transcribe(let language, let model):
      WyomingFrame("transcribe", .of(("name", model), ("language", language)))
    case .transcript(let text, let language):
      WyomingFrame("transcript", .of(("text", text), ("language", language)))
    case .transcriptStart(let language):
      WyomingFrame("transcript-start", .of(("language", language)))
    case .transcriptChunk(let text): WyomingFrame("transcript-chunk", .of(("text", text)))
    case .transcriptStop: WyomingFrame("transcript-stop")
    case .detect(let names):
      WyomingFrame("detect", ["names": names.map { .array($0.map(JSONValue.string)) } ?? .null])
    case .detection(let name, let timestamp, let speaker):
      WyomingFrame(
        "detection",
        ["name": .init(name), "timestamp": .init(timestamp), "speaker": .init(speaker)])
    case .notDetected: WyomingFrame("not-detected")
    case .synthesize(let text, let voice):
      WyomingFrame("synthesize", .of(("text", text)).adding(voice))
    case .synthesizeStart(let voice): WyomingFrame("synthesize-start", JSONObject().adding(voice))
    case .synthesizeChunk(let text): WyomingFrame("synthesize-chunk", .of(("text", text)))
    case .synthesizeStop: WyomingFrame("synthesize-stop")
    case .synthesizeStopped: WyomingFrame("synthesize-stopped")
    case .recognize(let text): WyomingFrame("recognize", .of(("text", text)))
    case .intent(let intent): WyomingFrame("intent", intent.data)
    case .notRecognized(let text): WyomingFrame("not-recognized", .of(("text", text)))
    case .handled(let text): WyomingFrame("handled", .of(("text", text)))
    case .notHandled(let text): WyomingFrame("not-handled", .of(("text", text)))
    case .runSatellite: WyomingFrame("run-satellite")
    case .pauseSatellite: WyomingFrame("pause-satellite")
    // Never bare: a ping without data kills the handler of libraries before 1.7.2.
    case .ping(let text): WyomingFrame("ping", ["text": .init(text)])
    case .pong(let text): WyomingFrame("pong", ["text": .init(text)])
    case .error(let text, let code): WyomingFrame("error", .of(("text", text), ("code", code)))
    case .other(let frame): frame
    }
  }
}

extension JSONValue {
  init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
  init(_ integer: Int64?) { self = integer.map(JSONValue.integer) ?? .null }
}

extension JSONObject {
  /// The members that have a value.
  static func of(_ members: (String, String?)...) -> JSONObject {
    var object = JSONObject()
    for (key, value) in members { object[key] = value.map(JSONValue.string) }
    return object
  }

  func adding(_ voice: WyomingVoice?) -> JSONObject {
    guard let voice else { return self }
    var object = self
    object["voice"] = .object(
      .of(("name", voice.name), ("language", voice.language), ("speaker", voice.speaker)))
    return object
  }
}

extension WyomingIntent {
  var data: JSONObject {
    var data: JSONObject = ["name": .string(name)]
    let entities = entities.map { JSONValue.object(["name": .string($0.name), "value": $0.value]) }
    if !entities.isEmpty { data["entities"] = .array(entities) }
    if let text { data["text"] = .string(text) }
    return data
  }
}
