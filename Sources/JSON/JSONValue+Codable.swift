// SPDX-License-Identifier: Apache-2.0

extension JSONValue: Codable {
  /// For foreign coders; ours hand the value over as it is.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode(JSONObject.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension JSONObject: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: JSONCodingKey.self)
    for key in container.allKeys {
      self[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: JSONCodingKey.self)
    for member in members {
      try container.encode(member.value, forKey: JSONCodingKey(stringValue: member.key))
    }
  }
}

extension JSONValue {
  /// The value that `value` encodes itself as.
  public init(encoding value: some Encodable) throws(JSONError) {
    let node = EncodingNode()
    do {
      try node.set(value, path: [])
    } catch EncodingError.invalidValue(_, let context) {
      throw JSONError(context.debugDescription, at: .path(context.codingPath.jsonPath))
    } catch {
      throw JSONError("\(error)", at: .path("$"))
    }
    self = node.value
  }

  /// Decodes `type` from this value.
  public func decoded<Value: Decodable>(as type: Value.Type) throws(JSONError) -> Value {
    do {
      return try ValueDecoder(value: self, codingPath: []).decode(type)
    } catch let error as DecodingError {
      throw JSONError(error)
    } catch {
      throw JSONError("\(error)", at: .path("$"))
    }
  }
}

extension JSONError {
  init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init("missing", at: .path((context.codingPath + [key]).jsonPath))
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      self.init(context.debugDescription, at: .path(context.codingPath.jsonPath))
    @unknown default:
      self.init("\(error)", at: .path("$"))
    }
  }
}
