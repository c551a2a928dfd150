// SPDX-License-Identifier: Apache-2.0

/// Reads JSON in place, value by value, without allocating for what the caller does not keep.
///
/// Borrows the bytes: they must outlive the reader. Strict RFC 8259, except that a lone surrogate
/// becomes U+FFFD. `NaN` and `Infinity` are refused.
public struct JSONReader {
  /// Objects and arrays inside each other at most; deeper is an error, not a stack overflow.
  public static let depthMax = 64

  let bytes: UnsafeBufferPointer<UInt8>
  public internal(set) var position = 0
  private var depth = 0

  public init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Runs `body` on a reader over `bytes`, or over `range` of them.
  public static func read<Result>(
    _ bytes: [UInt8], in range: Range<Int>? = nil,
    _ body: (inout JSONReader) throws(JSONError) -> Result
  ) throws(JSONError) -> Result {
    let outcome = bytes.withUnsafeBufferPointer { buffer -> Swift.Result<Result, JSONError> in
      do throws(JSONError) {
        var reader = JSONReader(UnsafeBufferPointer(rebasing: buffer[range ?? buffer.indices]))
        return .success(try body(&reader))
      } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// Reads an object: calls `member` with each key, the reader standing at its value.
  /// `member` reads the value and returns true, or returns false to have it skipped.
  public mutating func object(
    _ member: (JSONKey, inout JSONReader) throws(JSONError) -> Bool
  ) throws(JSONError) {
    try open(UInt8(ascii: "{"), "an object")
    if take(UInt8(ascii: "}")) { return close() }
    repeat {
      skipSpace()
      let key = try rawString()
      try expect(UInt8(ascii: ":"), "':' after the key")
      let before = position
      if try !member(key, &self) {
        position = before
        try skip()
      }
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"), "',' or '}' in an object")
    close()
  }

  /// Reads an array: calls `element` with the reader standing at each value, to be read by it.
  public mutating func array(_ element: (inout JSONReader) throws(JSONError) -> Void)
    throws(JSONError)
  {
    try open(UInt8(ascii: "["), "an array")
    if take(UInt8(ascii: "]")) { return close() }
    repeat { try element(&self) } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"), "',' or ']' in an array")
    close()
  }

  /// Reads any value into memory.
  public mutating func value() throws(JSONError) -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"):
      var members: [JSONObject.Member] = []
      try object { (key, reader) throws(JSONError) in
        members.append((try key.string(), try reader.value()))
        return true
      }
      return .object(JSONObject(parsed: members))
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try array { (reader) throws(JSONError) in elements.append(try reader.value()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  /// Reads past a value, checking its syntax but not its UTF-8.
  public mutating func skip() throws(JSONError) {
    switch peek() {
    case UInt8(ascii: "{"): try object { (_, _) in false }
    case UInt8(ascii: "["): try array { (reader) throws(JSONError) in try reader.skip() }
    case UInt8(ascii: "\""): _ = try rawString()
    default: _ = try value()
    }
  }

  /// Reads a string.
  public mutating func string() throws(JSONError) -> String { try rawString().string() }

  /// Reads a whole number, or null as nil.
  /// - Throws: for a fraction, or what does not fit into 64 bits.
  public mutating func integerOrNull() throws(JSONError) -> Int64? {
    let start = position
    switch try value() {
    case .null: return nil
    case let value:
      if let integer = value.integerValue { return integer }
      throw JSONError("expected a whole number, found \(value.kind)", at: .offset(start))
    }
  }

  /// Nothing but white space may be left.
  public mutating func end() throws(JSONError) {
    if peek() != nil { throw error("unexpected text after the value") }
  }

  // MARK: Syntax

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  /// The next byte that is not white space, not consumed; nil at the end.
  mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.count ? bytes[position] : nil
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  mutating func expect(_ byte: UInt8, _ what: StaticString) throws(JSONError) {
    if !take(byte) {
      throw error(position < bytes.count ? "expected \(what)" : "text ends, expected \(what)")
    }
  }

  mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == word.utf8Start[index] else {
        throw error("expected a value")
      }
      position += 1
    }
    return value
  }

  func error(_ what: String) -> JSONError { JSONError(what, at: .offset(position)) }

  private mutating func open(_ bracket: UInt8, _ what: StaticString) throws(JSONError) {
    try expect(bracket, what)
    depth += 1
    if depth > Self.depthMax { throw error("more than \(Self.depthMax) levels deep") }
  }

  private mutating func close() { depth -= 1 }
}
