// SPDX-License-Identifier: Apache-2.0
import YAML

/// What a reading gathers besides values: problems, and where each value was written.
struct Reader {
  static let problemsMax = 100

  let file: String
  private(set) var problems: [ConfigurationProblem] = []
  /// Path → place, for checks that come after reading.
  private(set) var marks: [String: YAMLMark] = [:]

  init(file: String) { self.file = file }

  mutating func note(_ mark: YAMLMark?, _ path: String, _ text: String) {
    guard problems.count < Self.problemsMax else { return }
    problems.append(ConfigurationProblem(file: file, mark: mark, path: path, text: text))
  }

  /// A problem with a value that was read before, or was left out of its parent.
  mutating func note(at path: String, _ text: String) { note(mark(of: path), path, text) }

  mutating func add(_ more: [ConfigurationProblem]) {
    problems.append(contentsOf: more.prefix(Self.problemsMax - problems.count))
  }

  mutating func remember(_ mark: YAMLMark, at path: String) { marks[path] = mark }

  /// Something at a path, or below it, was found wrong.
  func hasProblem(below path: String) -> Bool { problems.contains { $0.path.hasPrefix(path) } }
  /// The value itself was in the file.
  func isWritten(_ path: String) -> Bool { marks[path] != nil }

  /// The place of a value, or of the nearest parent that was written.
  func mark(of path: String) -> YAMLMark? {
    var path = Substring(path)
    while !path.isEmpty {
      if let mark = marks[String(path)] { return mark }
      guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
      path = path[..<end]
    }
    return nil
  }

  /// The text of a scalar, or a problem that names what was expected.
  mutating func text(_ node: YAMLNode, _ path: String, expected: String) -> String? {
    switch node {
    case .scalar(let text, _, let mark):
      if !node.isNull { return text }
      note(mark, path, "no value is given; expected \(expected).")
    case .map(let entries, let mark):
      if entries.count == 1, entries[0].value.isNull {
        let key = entries[0].key
        note(mark, path, "{\(key)} is a map to YAML. Put the text in quotes: \"{\(key)}\".")
      } else {
        note(mark, path, "found keys with values; expected \(expected).")
      }
    case .list(_, let mark): note(mark, path, "found a list; expected \(expected).")
    case .invalid: break
    }
    return nil
  }
}
