// SPDX-License-Identifier: Apache-2.0

/// Reads a binary model file from front to back; past its end every read is an error.
struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  struct Truncated: Error {}

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }

  mutating func int32() throws(Truncated) -> Int32 {
    guard remaining >= 4 else { throw Truncated() }
    defer { offset += 4 }
    return Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
  }

  /// A count that the file states; negative or beyond `limit` is taken for damage.
  mutating func count(upTo limit: Int) throws(Truncated) -> Int {
    let value = Int(try int32())
    guard value >= 0, value <= limit else { throw Truncated() }
    return value
  }

  mutating func skip(_ count: Int) throws(Truncated) {
    guard count >= 0, remaining >= count else { throw Truncated() }
    offset += count
  }

  /// So many bytes as text, without NUL bytes at their end.
  mutating func text(_ count: Int) throws(Truncated) -> String {
    let start = offset
    try skip(count)
    return String(decoding: bytes[start..<offset].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The bytes up to `terminator`, which is skipped.
  mutating func text(until terminator: UInt8, upTo limit: Int) throws(Truncated) -> String {
    guard let end = bytes[offset...].prefix(limit).firstIndex(of: terminator) else { throw Truncated() }
    defer { offset = end + 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }
}
