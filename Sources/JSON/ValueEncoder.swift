// SPDX-License-Identifier: Apache-2.0

/// A place in the value being built; containers of an encoder share it by reference.
final class EncodingNode {
  private enum Content {
    case scalar(JSONValue)
    case array([EncodingNode])
    case object([(String, EncodingNode)])
  }

  private var content = Content.scalar(.null)

  var value: JSONValue {
    switch content {
    case .scalar(let value): value
    case .array(let nodes): .array(nodes.map(\.value))
    case .object(let members): .object(JSONObject(parsed: members.map { ($0.0, $0.1.value) }))
    }
  }

  var count: Int {
    if case .array(let nodes) = content { return nodes.count }
    return 0
  }

  func set(_ value: some Encodable, path: [any CodingKey]) throws {
    guard let scalar = value as? any JSONScalar else {
      return try value.encode(to: ValueEncoder(node: self, codingPath: path))
    }
    guard let json = scalar.json else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: path, debugDescription: "JSON cannot hold \(value)"))
    }
    content = .scalar(json)
  }

  func setNull() { content = .scalar(.null) }

  func becomeArray() {
    if case .array = content { return }
    content = .array([])
  }

  func becomeObject() {
    if case .object = content { return }
    content = .object([])
  }

  func append() -> EncodingNode {
    let node = EncodingNode()
    guard case .array(var nodes) = content else { return node }
    content = .scalar(.null)  // so that the array is not copied
    nodes.append(node)
    content = .array(nodes)
    return node
  }

  func member(_ key: String) -> EncodingNode {
    let node = EncodingNode()
    guard case .object(var members) = content else { return node }
    content = .scalar(.null)
    members.append((key, node))
    content = .object(members)
    return node
  }
}

/// Encodes `Encodable` types into an `EncodingNode`.
struct ValueEncoder: Encoder, SingleValueEncodingContainer {
  let node: EncodingNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func encode<T: Encodable>(_ value: T) throws { try node.set(value, path: codingPath) }
  func encodeNil() { node.setNull() }
  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(KeyedNodes<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return UnkeyedNodes(node: node, codingPath: codingPath)
  }
}

private struct KeyedNodes<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: EncodingNode
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { node.member(key.stringValue).setNull() }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try node.member(key.stringValue).set(value, path: codingPath + [key])
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { child(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    child(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { child(JSONCodingKey.super) }
  func superEncoder(forKey key: Key) -> any Encoder { child(key) }

  private func child(_ key: some CodingKey) -> ValueEncoder {
    ValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }
}

private struct UnkeyedNodes: UnkeyedEncodingContainer {
  let node: EncodingNode
  let codingPath: [any CodingKey]

  var count: Int { node.count }
  func encodeNil() { node.append().setNull() }

  func encode<T: Encodable>(_ value: T) throws {
    let path = codingPath + [JSONCodingKey(intValue: count)]
    try node.append().set(value, path: path)
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<
    Nested
  > {
    child().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
  func superEncoder() -> any Encoder { child() }

  private func child() -> ValueEncoder {
    let path = codingPath + [JSONCodingKey(intValue: count)]
    return ValueEncoder(node: node.append(), codingPath: path)
  }
}
