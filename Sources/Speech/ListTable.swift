// SPDX-License-Identifier: Apache-2.0
import Spelling

/// Every list of a grammar: the configured ones by name, and the ones sentences write inline.
struct ListTable: Sendable {
  private(set) var lists: [WordList] = []
  private var indices: [String: Int] = [:]
  private var inline: [String: Int] = [:]

  /// - Returns: what is wrong with the list, one text each.
  mutating func declare(_ name: String, _ values: [String]) -> [String] {
    var problems: [String] = []
    if !SentenceParser.isName(name) {
      problems.append("a list is named with a-z, 0-9 and _, beginning with a letter.")
    }
    if BuiltInSlot(rawValue: name) != nil {
      problems.append("{\(name)} is built in. Give the list another name.")
    }
    if values.count > CommandGrammar.Limits.listValues {
      problems.append(
        "it has \(values.count) values, \(CommandGrammar.Limits.listValues) are allowed. Split it.")
    }
    let (list, bad) = Self.list(of: values.prefix(CommandGrammar.Limits.listValues))
    indices[name] = lists.count
    lists.append(list)
    return problems + bad
  }

  func source(named name: String) -> SentenceSlot.Source? {
    BuiltInSlot(rawValue: name).map { .builtIn($0) } ?? indices[name].map { .list($0) }
  }

  var names: [String] { (indices.keys + BuiltInSlot.allCases.map(\.rawValue)).sorted() }

  /// The list `on|off`, or `5..30`; written again it is the same list.
  mutating func inline(_ text: String) -> Result<SentenceSlot.Source, ListProblem> {
    if let known = inline[text] { return .success(.list(known)) }
    let (list, problems) =
      Self.range(text)
      ?? Self.list(
        of: text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)[...])
    if let problem = problems.first { return .failure(ListProblem(text: problem)) }
    inline[text] = lists.count
    lists.append(list)
    return .success(.list(lists.count - 1))
  }

  private static func list(of values: ArraySlice<String>) -> (WordList, [String]) {
    var list = WordList()
    var problems = values.isEmpty ? ["it has no values. Add one, or remove it."] : []
    for value in values {
      let words = SpokenText.words(value)
      let shown = value.trimmingSpaces()
      let quoted = shown.excerpt()
      if words.isEmpty {
        problems.append("'\(quoted)' has no word that can be spoken.")
      } else if words.count > CommandGrammar.Limits.valueWords {
        problems.append(
          "'\(quoted)' has \(words.count) words, \(CommandGrammar.Limits.valueWords) are allowed.")
      } else if !list.add(words, value: shown) {
        problems.append("'\(quoted)' sounds like another value. Remove one.")
      }
    }
    return (list, problems)
  }

  private static func range(_ text: String) -> (WordList, [String])? {
    guard let dots = text.firstRange(of: "..") else { return nil }
    let bounds = (Int(text[..<dots.lowerBound]), Int(text[dots.upperBound...]))
    guard case (let low?, let high?) = bounds, low <= high, low > -1_000_000, high < 1_000_000
    else { return (WordList(), ["'\(text.excerpt())' is no range of numbers. Write it as 5..30."]) }
    guard high - low < CommandGrammar.Limits.listValues else {
      let limit = CommandGrammar.Limits.listValues
      return (WordList(), ["'\(text.excerpt())' has more than \(limit) numbers. Use {number}."])
    }
    var list = WordList()
    for number in low...high { _ = list.add(SpokenNumber.words(number), value: String(number)) }
    return (list, [])
  }
}

struct ListProblem: Error { var text: String }

extension StringProtocol {
  func trimmingSpaces() -> String {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
    return String(self[start..<end])
  }
}
