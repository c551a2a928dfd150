// SPDX-License-Identifier: Apache-2.0

/// Refuses what is not a text before the parser sees it, with the place and the byte.
enum TextCheck {
  static func problem(in bytes: [UInt8], limits: YAMLLimits) -> YAMLProblem? {
    if bytes.count > limits.fileBytesMax {
      return YAMLProblem(
        mark: YAMLMark(),
        text:
          "the file is larger than \(limits.fileBytesMax) bytes, the most that is read. Is it the right file?"
      )
    }
    if let offset = bytes.firstIndex(where: isControl) {
      return YAMLProblem(
        mark: mark(of: offset, in: bytes),
        text: "byte \(hexadecimal(bytes[offset])) is not text. Is it the right file? Save it as UTF-8 text.")
    }
    guard let offset = firstInvalidUTF8(bytes) else { return nil }
    return YAMLProblem(
      mark: mark(of: offset, in: bytes),
      text: "byte \(hexadecimal(bytes[offset])) is not UTF-8. Save the file as UTF-8 text.")
  }

  static func mark(of offset: Int, in bytes: [UInt8]) -> YAMLMark {
    let before = bytes[..<offset]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = 1 + before.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    return YAMLMark(line: line, column: offset - lineStart + 1)
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    (byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D) || byte == 0x7F
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "0x" + (digits.utf8.count == 1 ? "0" : "") + digits
  }

  private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return min(offset, bytes.count - 1)
      }
    }
  }
}
