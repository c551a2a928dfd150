// SPDX-License-Identifier: Apache-2.0

/// Bytes as text: the alphabet of RFC 4648, section 4.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  /// Value of each byte; 255: not of the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()
  private static let padding = UInt8(ascii: "=")

  /// With padding, in one line.
  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = UInt32(bytes[start]) << 16
      if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
      if count > 2 { group |= UInt32(bytes[start + 2]) }
      for place in 0..<4 {
        text.append(place <= count ? alphabet[Int(group >> (18 - 6 * place) & 63)] : padding)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// White space is skipped, a `data:…;base64,` in front too, padding may be missing; nil for anything else.
  package static func decode(_ text: String) -> [UInt8]? {
    var digits = text[...]
    if digits.hasPrefix("data:"), let comma = digits.firstIndex(of: ",") {
      digits = digits[digits.index(after: comma)...]
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.utf8.count / 4 * 3)
    var group: UInt32 = 0
    var count = 0
    var isEnded = false
    for digit in digits.utf8 {
      if digit == 0x20 || (0x09...0x0d).contains(digit) { continue }
      if digit == padding {
        isEnded = true
        continue
      }
      let value = values[Int(digit)]
      if value == 255 || isEnded { return nil }
      group = group << 6 | UInt32(value)
      count += 1
      if count % 4 == 0 {
        bytes.append(contentsOf: [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)])
      }
    }
    switch count % 4 {
    case 1: return nil
    case 2: bytes.append(UInt8(group >> 4 & 255))
    case 3: bytes.append(contentsOf: [UInt8(group >> 10 & 255), UInt8(group >> 2 & 255)])
    default: break
    }
    return bytes
  }
}
