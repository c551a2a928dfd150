// SPDX-License-Identifier: Apache-2.0

/// A key (or string) still in the text, as written between its quotes. Valid as long as the text.
public struct JSONKey {
  let bytes: UnsafeBufferPointer<UInt8>
  let offset: Int
  let hasEscapes: Bool

  /// Compares in place; a key with escapes is decoded first.
  public static func == (key: JSONKey, name: StaticString) -> Bool {
    if key.hasEscapes { return (try? key.string()) == "\(name)" }
    guard key.bytes.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<key.bytes.count where key.bytes[index] != name.utf8Start[index] {
      return false
    }
    return true
  }

  /// Decoded.
  /// - Throws: bad escapes, bad UTF-8.
  public func string() throws(JSONError) -> String {
    if !hasEscapes {
      // Ten times as fast as the test for UTF-8.
      if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      throw JSONError("a string is not UTF-8", at: .offset(offset))
    }
    var reader = JSONReader(bytes)
    do {
      return try reader.unescaped()
    } catch {
      throw JSONError(error.what, at: .offset(offset + reader.position))
    }
  }
}

extension JSONReader {
  /// Reads a string without decoding it: nothing is allocated.
  public mutating func rawString() throws(JSONError) -> JSONKey {
    try expect(UInt8(ascii: "\""), "a string")
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return JSONKey(
          bytes: UnsafeBufferPointer(rebasing: bytes[start..<position]), offset: start,
          hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position += 2
      case 0..<0x20: throw error("control character in a string")
      default: position += 1
      }
    }
    position = bytes.count
    throw error("text ends inside a string")
  }

  /// Decodes the whole text as the inside of a string.
  mutating func unescaped() throws(JSONError) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\\") {
        try appendEscape(to: &result)
      } else {
        result.append(byte)
      }
    }
    if let text = String(validating: result, as: UTF8.self) { return text }
    throw error("a string is not UTF-8")
  }

  private mutating func appendEscape(to result: inout [UInt8]) throws(JSONError) {
    // `rawString` never ends between the two.
    let byte = position < bytes.count ? bytes[position] : 0
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0c)
    case UInt8(ascii: "n"): result.append(0x0a)
    case UInt8(ascii: "r"): result.append(0x0d)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): result.append(contentsOf: String(try escapedScalar()).utf8)
    default:
      position -= 1
      throw error("unknown escape")
    }
  }

  private mutating func escapedScalar() throws(JSONError) -> Character {
    let first = try hexDigits()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    let before = position
    if first < 0xdc00, position + 6 <= bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let second = try hexDigits()
      if (0xdc00..<0xe000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
      {
        return Character(scalar)
      }
      position = before
    }
    return "\u{fffd}"
  }

  private mutating func hexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw error("expected four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// Reads a number; whole ones that fit into 64 bits stay exact.
  mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = takeByte(UInt8(ascii: "-"))
    let digits = position
    var magnitude: UInt64 = 0
    var fits = true
    while let digit = takeDigit() {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      magnitude = sum
      if overflow || carry { fits = false }
    }
    guard position > digits else {
      throw error(position < bytes.count ? "expected a value" : "text ends, expected a value")
    }
    if position > digits + 1, bytes[digits] == UInt8(ascii: "0") {
      throw error("number starts with 0")
    }
    if try !takeFraction(), fits {
      if !isNegative, let value = Int64(exactly: magnitude) { return .integer(value) }
      if isNegative, magnitude <= 1 << 63 {
        return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
      }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw error("number is too large") }
    return .number(value)
  }

  /// Reads `.5` and `e-3`; false when there is neither.
  private mutating func takeFraction() throws(JSONError) -> Bool {
    let start = position
    if takeByte(UInt8(ascii: ".")) { try takeDigits() }
    if takeByte(UInt8(ascii: "e")) || takeByte(UInt8(ascii: "E")) {
      if !takeByte(UInt8(ascii: "-")) { _ = takeByte(UInt8(ascii: "+")) }
      try takeDigits()
    }
    return position > start
  }

  private mutating func takeDigits() throws(JSONError) {
    guard takeDigit() != nil else { throw error("expected a digit") }
    while takeDigit() != nil {}
  }

  private mutating func takeDigit() -> UInt8? {
    guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else { return nil }
    position += 1
    return bytes[position - 1] - 0x30
  }

  private mutating func takeByte(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }
}
