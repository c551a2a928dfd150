// SPDX-License-Identifier: Apache-2.0

/// Appends JSON to a byte buffer. Only `"`, `\` and control characters are escaped.
public struct JSONWriter {
  let style: JSONStyle

  public init(_ style: JSONStyle = .compact) { self.style = style }

  public func append(_ value: JSONValue, to out: inout [UInt8]) { append(value, 0, &out) }

  public func append(_ object: JSONObject, to out: inout [UInt8]) { append(object, 0, &out) }

  /// Appends a string with its quotes.
  public static func append(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      // What needs no escape is copied as a whole.
      var start = 0
      for index in bytes.indices where needsEscape(bytes[index]) {
        out.append(contentsOf: bytes[start..<index])
        appendEscaped(bytes[index], to: &out)
        start = index + 1
      }
      out.append(contentsOf: bytes[start...])
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// Appends digits without an allocation of its own.
  public static func append(_ integer: Int64, to out: inout [UInt8]) {
    if integer < 0 { out.append(UInt8(ascii: "-")) }
    var divisor: UInt64 = 1
    while integer.magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      out.append(0x30 + UInt8(integer.magnitude / divisor % 10))
      divisor /= 10
    }
  }

  private func append(_ value: JSONValue, _ level: Int, _ out: inout [UInt8]) {
    switch value {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): Self.append(value, to: &out)
    case .number(let value): out.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
    case .string(let value): Self.append(value, to: &out)
    case .array(let elements): append(elements, level, &out)
    case .object(let object): append(object, level, &out)
    }
  }

  private func append(_ elements: [JSONValue], _ level: Int, _ out: inout [UInt8]) {
    out.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      separate(index, level + 1, &out)
      append(element, level + 1, &out)
    }
    if !elements.isEmpty { breakLine(level, &out) }
    out.append(UInt8(ascii: "]"))
  }

  private func append(_ object: JSONObject, _ level: Int, _ out: inout [UInt8]) {
    out.append(UInt8(ascii: "{"))
    let members = style.sortsKeys ? object.members.sorted { $0.key < $1.key } : object.members
    for (index, member) in members.enumerated() {
      separate(index, level + 1, &out)
      Self.append(member.key, to: &out)
      out.append(UInt8(ascii: ":"))
      if style.layout != .compact { out.append(UInt8(ascii: " ")) }
      append(member.value, level + 1, &out)
    }
    if !members.isEmpty { breakLine(level, &out) }
    out.append(UInt8(ascii: "}"))
  }

  private func separate(_ index: Int, _ level: Int, _ out: inout [UInt8]) {
    if index > 0 { out.append(UInt8(ascii: ",")) }
    if index > 0 && style.layout == .spaced { out.append(UInt8(ascii: " ")) }
    breakLine(level, &out)
  }

  private func breakLine(_ level: Int, _ out: inout [UInt8]) {
    guard style.layout == .pretty else { return }
    out.append(UInt8(ascii: "\n"))
    for _ in 0..<(2 * level) { out.append(UInt8(ascii: " ")) }
  }

  private static func appendEscaped(_ byte: UInt8, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
    case 0x08: out.append(UInt8(ascii: "b"))
    case 0x09: out.append(UInt8(ascii: "t"))
    case 0x0a: out.append(UInt8(ascii: "n"))
    case 0x0c: out.append(UInt8(ascii: "f"))
    case 0x0d: out.append(UInt8(ascii: "r"))
    default:
      out.append(contentsOf: "u00".utf8)
      out.append(UInt8(ascii: "0") + byte >> 4)
      out.append(Array("0123456789abcdef".utf8)[Int(byte & 15)])
    }
  }
}
