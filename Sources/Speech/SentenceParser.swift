// SPDX-License-Identifier: Apache-2.0
import Spelling

/// Reads a sentence template.
///
///     sentence := element*
///     element  := word | (a|b) | [a|b] | {list} | {name:list} | {name:on|off} | {name:5..30}
///
/// Brackets that touch a word are part of it: `light[s]` is light or lights. A space just inside
/// the bracket, as in `[the ]light`, keeps them apart.
struct SentenceParser {
  struct Failure: Error {
    /// From 1, in characters.
    var column: Int
    var text: String
  }

  private let text: [Character]
  private var index = 0
  private var depth = 0

  private init(_ sentence: String) { text = Array(sentence) }

  static func parse(
    _ sentence: String, lists: inout ListTable
  ) throws(Failure) -> SentenceNode {
    var parser = SentenceParser(sentence)
    let limit = CommandGrammar.Limits.sentenceCharacters
    if parser.text.count > limit {
      throw Failure(column: limit + 1, text: "the sentence is longer than \(limit) characters.")
    }
    let node = try parser.alternatives(lists: &lists)
    if let stray = parser.peek() { throw parser.stray(stray) }
    if node.mayBeSilent {
      throw Failure(column: 1, text: "the sentence may be empty. Give it one word that must be said.")
    }
    if node.slotNames == nil {
      throw Failure(column: 1, text: "two slots have one name. Rename one as in {other:list}.")
    }
    return node
  }

  static func isName(_ name: some StringProtocol) -> Bool {
    guard let first = name.first, ("a"..."z").contains(first) else { return false }
    return name.allSatisfy { ("a"..."z").contains($0) || $0.isASCIIDigit || $0 == "_" }
  }

  // MARK: Grammar

  private mutating func alternatives(lists: inout ListTable) throws(Failure) -> SentenceNode {
    var choices = [try sequence(lists: &lists)]
    while peek() == "|" {
      index += 1
      choices.append(try sequence(lists: &lists))
    }
    if choices.count == 1 { return choices[0] }
    let spoken = choices.filter { $0 != .words([]) }
    if spoken.isEmpty { return .words([]) }
    let choice = spoken.count == 1 ? spoken[0] : .alternatives(spoken)
    return spoken.count == choices.count ? choice : .optional(choice)
  }

  private mutating func sequence(lists: inout ListTable) throws(Failure) -> SentenceNode {
    var pieces: [SentencePiece] = []
    while let character = peek(), !"|)]}".contains(character) {
      if character.isWhitespace {
        index += 1
      } else {
        pieces.append(try piece(lists: &lists))
      }
    }
    return try SentencePiece.joined(pieces)
  }

  private mutating func piece(lists: inout ListTable) throws(Failure) -> SentencePiece {
    let start = index
    switch peek() {
    case "(":
      let node = try bracketed(until: ")", lists: &lists)
      return group(node, from: start)
    case "[":
      let node = SentenceNode.optional(try bracketed(until: "]", lists: &lists))
      return group(node, from: start)
    case "{":
      let node = SentenceNode.slot(try slot(lists: &lists))
      return SentencePiece(node: node, word: nil, range: start..<index, isTight: (true, true))
    default: return try word()
    }
  }

  private func group(_ node: SentenceNode, from start: Int) -> SentencePiece {
    let edges = (!text[start + 1].isWhitespace, !text[index - 2].isWhitespace)
    return SentencePiece(node: node, word: nil, range: start..<index, isTight: edges)
  }

  private mutating func bracketed(
    until closing: Character, lists: inout ListTable
  ) throws(Failure) -> SentenceNode {
    let opening = index
    depth += 1
    if depth > CommandGrammar.Limits.nesting {
      throw failure(opening, "brackets are nested deeper than \(CommandGrammar.Limits.nesting).")
    }
    index += 1
    let node = try alternatives(lists: &lists)
    guard peek() == closing else {
      throw failure(opening, "'\(text[opening])' is not closed. Add '\(closing)'.")
    }
    index += 1
    depth -= 1
    if node == .words([]) {
      throw failure(opening, "the brackets are empty. Write words in them, or remove them.")
    }
    return node
  }

  private mutating func word() throws(Failure) -> SentencePiece {
    let start = index
    while let character = peek(), !character.isWhitespace, !"()[]{}|".contains(character) {
      guard Self.isSpeakable(character) else {
        throw failure(index, "'\(String(character).excerpt())' cannot be spoken. Write it as a word.")
      }
      index += 1
    }
    let word = String(text[start..<index])
    let node = SentenceNode.words(SpokenText.words(word))
    let edges = (Self.isPartOfWord(text[start]), Self.isPartOfWord(text[index - 1]))
    return SentencePiece(node: node, word: word, range: start..<index, isTight: edges)
  }

  private static func isSpeakable(_ character: Character) -> Bool {
    isPartOfWord(character) || ".,:!?-%&°".contains(character)
  }

  private static func isPartOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isASCIIDigit || character.isApostrophe
  }

  // MARK: Slots

  private mutating func slot(lists: inout ListTable) throws(Failure) -> SentenceSlot {
    let opening = index
    guard let closing = text[opening...].firstIndex(of: "}") else {
      throw failure(opening, "'{' is not closed. Add '}'.")
    }
    let content = text[(opening + 1)..<closing].split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false
    ).map { String($0).trimmingSpaces() }
    index = closing + 1
    guard SentenceParser.isName(content[0]) else {
      throw failure(opening, "'\(content[0].excerpt())' is no slot name. Use a-z, 0-9 and _, as in {light}.")
    }
    let source = try source(content.last ?? "", slot: content[0], at: opening, lists: &lists)
    return SentenceSlot(name: content[0], source: source)
  }

  private func source(
    _ name: String, slot: String, at column: Int, lists: inout ListTable
  ) throws(Failure) -> SentenceSlot.Source {
    if name.contains("|") || name.contains("..") {
      switch lists.inline(name) {
      case .success(let source): return source
      case .failure(let problem): throw failure(column, problem.text)
      }
    }
    if let source = lists.source(named: name) { return source }
    let unknown = "no list is called '\(name.excerpt())'."
    if lists.source(named: slot) != nil {
      throw failure(column, "\(unknown) The slot's name comes first: {\(name.excerpt()):\(slot)}.")
    }
    let near = Spelling.nearest(to: name, in: lists.names).map { " Did you mean '\($0)'?" } ?? ""
    throw failure(column, "\(unknown)\(near) Known: \(lists.names.joined(separator: ", ")).")
  }

  // MARK: Helpers

  private func peek() -> Character? { index < text.count ? text[index] : nil }

  private func failure(_ position: Int, _ text: String) -> Failure {
    Failure(column: position + 1, text: text)
  }

  private func stray(_ character: Character) -> Failure {
    failure(index, "'\(character)' closes nothing. Remove it, or add its opening bracket.")
  }
}
