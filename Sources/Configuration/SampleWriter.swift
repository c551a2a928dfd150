// SPDX-License-Identifier: Apache-2.0

/// The commented sample: meaning, kind and range above each key; commented-out values are the defaults.
enum SampleWriter {
  static func text() -> String {
    let keys = Schema.root.keys
    return ([SampleContent.intro] + keys.map(block)).joined(separator: "\n\n") + "\n"
  }

  private static func block(_ key: KeyDocumentation) -> String {
    var lines = comment(key.meaning + (key.keys.isEmpty ? " (\(key.summary))" : ""), indentation: 0)
    if let example = SampleContent.texts[key.key] { return (lines + [example]).joined(separator: "\n") }
    guard !key.keys.isEmpty else {
      return (lines + ["# \(key.key): \(key.defaultText ?? "")"]).joined(separator: "\n")
    }
    lines.append("\(key.key):")
    for inner in key.keys {
      lines += comment("\(inner.meaning) (\(inner.summary))", indentation: 2)
      lines.append("  # \(inner.key): \(inner.defaultText ?? "")".trimmedEnd)
    }
    return lines.joined(separator: "\n")
  }

  private static func comment(_ text: String, indentation: Int) -> [String] {
    let prefix = String(repeating: " ", count: indentation) + "## "
    return TextWrap.lines(text, width: 98 - prefix.count).map { prefix + $0 }
  }
}

/// Breaks a text at spaces.
public enum TextWrap {
  public static func lines(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let current = lines[lines.count - 1]
      if current.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if current.count + 1 + word.count <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension String {
  fileprivate var trimmedEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
}
