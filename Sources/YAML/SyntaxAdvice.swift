// SPDX-License-Identifier: Apache-2.0
import Spelling

/// Turns libyaml's words into what a person can act on.
enum SyntaxAdvice {
  /// `line` gives the text of a line by its number.
  static func problem(for failure: EventReader.Failure, line: (Int) -> String) -> YAMLProblem {
    if let mark = tab(near: failure, line: line) {
      return YAMLProblem(mark: mark, text: "a tab indents this line. Use two spaces for each level.")
    }
    for (words, advice) in table where failure.text.contains(words) {
      let opened = advice.contains("OPENED") ? "line \(failure.contextMark.line)" : ""
      return YAMLProblem(mark: failure.mark, text: advice.replacing("OPENED", with: opened))
    }
    return YAMLProblem(mark: failure.mark, text: "not YAML: \(failure.text).")
  }

  private static let table: [(String, String)] = [
    (
      "scanning a quoted scalar",
      "the quote opened at OPENED is not closed before this place. Add the closing quote."
    ),
    ("flow sequence", "the '[' opened at OPENED is not closed, or a ',' is missing before this place."),
    ("flow mapping", "the '{' opened at OPENED is not closed, or a ',' is missing before this place."),
    (
      "could not find expected ':'",
      "the line at OPENED has no ':'. Write 'key: value', or '- value' in a list."
    ),
    (
      "mapping values are not allowed",
      "this ':' cannot stand here. Quote a text that holds ': ', or check the indentation."
    ),
    (
      "block mapping: did not find expected key",
      "this does not fit the map begun at OPENED: check the indentation; quote a text that begins with [, { or a quote."
    ),
    (
      "block collection",
      "this does not fit the list begun at OPENED: check the indentation; quote a text that begins with [, { or a quote."
    ),
    (
      "block sequence entries are not allowed",
      "a list item '- ' cannot stand here. Begin it on its own line, indented below its key."
    ),
    ("cannot start any token", "a text cannot begin with this character. Put it in quotes."),
    (
      "unknown escape character", "unknown '\\' sequence. Use single quotes, or write '\\\\' for a backslash."
    ),
  ]

  /// The place of a tab that indents the line of the failure or one of the two before it.
  private static func tab(near failure: EventReader.Failure, line: (Int) -> String) -> YAMLMark? {
    for number in stride(from: failure.mark.line, through: max(1, failure.mark.line - 2), by: -1) {
      let indentation = line(number).prefix { $0 == " " || $0 == "\t" }
      if let index = indentation.firstIndex(of: "\t") {
        let column = indentation.distance(from: indentation.startIndex, to: index) + 1
        return YAMLMark(line: number, column: column)
      }
    }
    return nil
  }
}
