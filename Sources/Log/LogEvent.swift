// SPDX-License-Identifier: Apache-2.0
import Spelling

/// One line of the log before it is written.
public struct LogEvent: Sendable, Equatable {
  public let level: LogLevel
  public let module: String
  public let message: String

  public init(level: LogLevel, module: String, message: String) {
    self.level = level
    self.module = module
    self.message = message
  }

  /// An event from a line that a supervised program wrote: `<N>module: message`. Nil for any other line.
  public init?(supervised line: String) {
    let parts = line.parts(separatedBy: ": ", splitsMax: 1)
    guard parts.count == 2, parts[0].hasPrefix("<"), let close = parts[0].firstIndex(of: ">"),
      let priority = Int(parts[0].dropFirst()[..<close])
    else { return nil }
    level = LogLevel.allCases.first { $0.priority == priority } ?? .info
    module = String(parts[0][parts[0].index(after: close)...])
    message = String(parts[1])
  }

  /// The message on one line: control characters, which could forge lines or steer a terminal,
  /// become escapes.
  public var escapedMessage: String { Self.escaped(message) }

  /// A text from outside, made fit for a terminal and for one line.
  public static func escaped(_ text: String) -> String {
    if text.unicodeScalars.allSatisfy({ !needsEscape($0) }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if needsEscape(scalar) {
        result += escape(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
    // C0 and DEL, C1, line and paragraph separators, direction overrides.
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
}
