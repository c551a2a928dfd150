// SPDX-License-Identifier: Apache-2.0

/// 32 bytes: a SHA-256 value. Held in place, so that copies allocate nothing.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
  public static let byteCount = 32
  /// All bytes zero: what comes before the first.
  public static let zero = Digest(words: (0, 0, 0, 0))

  private var words: (UInt64, UInt64, UInt64, UInt64)

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Nil unless there are 32 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    words = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
  }

  /// Nil unless there are 64 hexadecimal digits.
  public init?(hex: String) {
    guard let bytes = Hex.bytes(hex) else { return nil }
    self.init(bytes)
  }

  /// The bytes, valid within `body`.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var copy = words
    return try withUnsafePointer(to: &copy) { (start) throws(Failure) in
      try body(UnsafeRawBufferPointer(start: start, count: Self.byteCount))
    }
  }

  /// Fills the 32 bytes.
  mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    withUnsafeMutableBytes(of: &words, body)
  }

  /// Takes the same time whatever differs.
  public func isSame(as other: Digest) -> Bool {
    let difference =
      (words.0 ^ other.words.0) | (words.1 ^ other.words.1) | (words.2 ^ other.words.2)
      | (words.3 ^ other.words.3)
    return difference == 0
  }

  public var bytes: [UInt8] { withBytes { Array($0) } }
  public var description: String { Hex.text(bytes) }

  public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Bytes as hexadecimal digits.
public enum Hex {
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }

  /// Nil when something is not a digit, or one is left over.
  public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text {
      guard let digit = character.hexDigitValue, character.isASCII else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    return high == nil ? bytes : nil
  }

  private static let digits = Array("0123456789abcdef")
}
