// SPDX-License-Identifier: Apache-2.0

/// The types that are one JSON value by themselves, so that the coders need no method per type.
protocol JSONScalar {
  init?(json: JSONValue)
  /// Nil when JSON cannot hold the value exactly.
  var json: JSONValue? { get }
}

extension JSONValue: JSONScalar {
  init?(json: JSONValue) { self = json }
  var json: JSONValue? { self }
}

extension JSONObject: JSONScalar {
  init?(json: JSONValue) {
    guard case .object(let object) = json else { return nil }
    self = object
  }
  var json: JSONValue? { .object(self) }
}

extension Bool: JSONScalar {
  init?(json: JSONValue) {
    guard let value = json.boolValue else { return nil }
    self = value
  }
  var json: JSONValue? { .bool(self) }
}

extension String: JSONScalar {
  init?(json: JSONValue) {
    guard let value = json.stringValue else { return nil }
    self = value
  }
  var json: JSONValue? { .string(self) }
}

extension JSONScalar where Self: FixedWidthInteger {
  init?(json: JSONValue) {
    guard let value = json.integerValue else { return nil }
    self.init(exactly: value)
  }
  var json: JSONValue? { Int64(exactly: self).map(JSONValue.integer) }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}

extension Double: JSONScalar {
  init?(json: JSONValue) {
    guard let value = json.numberValue else { return nil }
    self = value
  }
  var json: JSONValue? { isFinite ? .number(self) : nil }
}

extension Float: JSONScalar {
  init?(json: JSONValue) {
    guard let value = json.numberValue else { return nil }
    self = Float(value)
  }
  var json: JSONValue? { isFinite ? .number(Double(self)) : nil }
}
