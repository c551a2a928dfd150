// SPDX-License-Identifier: Apache-2.0
import YAML

/// A tree as YAML text that reads back as the same tree.
enum YAMLWriter {
  /// In one line: `[a, "b, c"]`, `{on: 1}`.
  static func inline(_ node: YAMLNode) -> String {
    switch node {
    case .scalar(let text, _, _): quoteIfNeeded(text)
    case .list(let items, _): "[" + items.map(inline).joined(separator: ", ") + "]"
    case .map(let entries, _):
      "{" + entries.map { "\(quoteIfNeeded($0.key)): \(inline($0.value))" }.joined(separator: ", ") + "}"
    case .invalid: "~"
    }
  }

  /// In block style; lists of scalars in one line where they fit.
  static func lines(_ node: YAMLNode, indentation: Int = 0) -> [String] {
    let spaces = String(repeating: " ", count: indentation)
    switch node {
    case .map(let entries, _):
      return entries.flatMap { entry in
        let key = spaces + quoteIfNeeded(entry.key) + ":"
        return below(key, entry.value, indentation: indentation + 2)
      }
    case .list(let items, _):
      return items.flatMap { item in
        var rows = lines(item, indentation: indentation + 2)
        if !rows.isEmpty { rows[0] = spaces + "- " + rows[0].dropFirst(indentation + 2) }
        return rows
      }
    default: return [spaces + inline(node)]
    }
  }

  private static func below(_ key: String, _ value: YAMLNode, indentation: Int) -> [String] {
    let short = key + " " + inline(value)
    switch value {
    case .map(let entries, _) where !entries.isEmpty: return [key] + lines(value, indentation: indentation)
    case .list(let items, _) where !items.isEmpty && (short.count > 90 || !items.allSatisfy(isScalar)):
      return [key] + lines(value, indentation: indentation)
    default: return [short]
    }
  }

  private static func isScalar(_ node: YAMLNode) -> Bool {
    if case .scalar = node { true } else { false }
  }

  private static let special = Set<Unicode.Scalar>(":#{}[],&*!|>'%@`".unicodeScalars)

  private static func quoteIfNeeded(_ text: String) -> String {
    // A space with a mark above it is one character, and still a space to YAML.
    let scalars = text.unicodeScalars
    let isPlain =
      !scalars.contains { special.contains($0) || escape($0) != nil }
      && !["", "~", "null", "-", "?", "---", "..."].contains(text)
      && scalars.first != " " && scalars.last != " "
      && !scalars.starts(with: "- ".unicodeScalars) && !scalars.starts(with: "? ".unicodeScalars)
    return isPlain ? text : "\"" + scalars.map { escape($0) ?? String($0) }.joined() + "\""
  }

  /// What stands for a scalar between double quotes; nil: it stands for itself. (YAML 1.1, 5.1 and 5.7)
  private static func escape(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\t": return "\\t"
    case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    default: return nil
    }
  }
}
