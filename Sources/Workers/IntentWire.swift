// SPDX-License-Identifier: Apache-2.0
import Intents
import JSON
import Time

/// Intents and answers as JSON, the same for programs (`exec`) and for other nodes (`mtor`): docs/workers.md.
enum IntentWire {
  /// Everything that is in an intent; its deadline as what is left of it, since clocks differ.
  static func object(_ intent: Intent, budget: Duration) -> JSONObject {
    var object: JSONObject = [
      "id": .string(intent.id), "realm": .string(intent.realm), "budget_ms": .integer(milliseconds(budget)),
      "priority": .string(intent.priority.rawValue), "origin": .string(intent.origin.rawValue),
      "idempotent": .bool(intent.isIdempotent),
    ]
    if let model = intent.model { object["model"] = .string(model) }
    if let user = intent.user { object["user"] = .string(user) }
    object.merge(self.object(intent.payload))
    return object
  }

  static func object(_ payload: Payload) -> JSONObject {
    var object: JSONObject = ["text": .string(payload.text)]
    if !payload.media.isEmpty {
      object["media"] = .array(
        payload.media.map { ["type": .string($0.type), "data": .string(Base64.encode($0.bytes))] })
    }
    return object
  }

  /// Text and media of an answer or of a piece of one; both may be missing.
  static func payload(_ value: JSONValue) throws(DialectError) -> Payload {
    guard value.objectValue != nil else { throw DialectError(.malformed, "an answer is a JSON object") }
    var payload = Payload(text: value["text"]?.stringValue ?? "")
    if let text = value["text"], text.stringValue == nil, !text.isNull {
      throw DialectError(.malformed, "'text' in its answer is no text")
    }
    for item in value["media"]?.arrayValue ?? [] {
      guard let type = item["type"]?.stringValue, let data = item["data"]?.stringValue,
        let bytes = Base64.decode(data)
      else { throw DialectError(.malformed, "'media' in its answer needs 'type' and 'data' in base64") }
      payload.media.append(Payload.Media(type: type, bytes: bytes))
    }
    return payload
  }

  /// Of a budget; at least 1, since 0 would mean none.
  static func milliseconds(_ budget: Duration) -> Int64 { max(1, Int64(budget.milliseconds)) }
}

extension Payload {
  /// Pieces of an answer, put together: texts continue each other, media are further ones.
  mutating func append(_ piece: Payload) {
    text += piece.text
    media += piece.media
  }

  var isEmpty: Bool { text.isEmpty && media.isEmpty }
}
