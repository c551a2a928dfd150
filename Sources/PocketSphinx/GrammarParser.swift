// SPDX-License-Identifier: Apache-2.0

/// Takes a JSGF text apart as far as checking it needs: rules, their words and references. By bytes, as the
/// library does: to it a blank with an accent is a blank, and a word begins with the accent.
struct GrammarParser {
  /// Brackets within brackets at most: the library's own parser goes down with each.
  static let depthMax = 64
  /// Bytes of a rule's name: messages quote it.
  static let nameMax = 150

  struct Rule: Equatable {
    var isPublic: Bool
    var line: Int
    var words: Set<String> = []
    /// With repetitions.
    var wordCount = 0
    var references: [Reference] = []
  }

  struct Reference: Equatable {
    var name: String
    var line: Int
  }

  private enum Token: Equatable {
    case word(String), reference(String), mark(Character), end
  }

  private let file: String
  private var rest: Substring.UTF8View
  private var line = 1

  init(_ text: String, file: String) {
    self.file = file
    rest = text[...].utf8
  }

  mutating func rules() throws(PocketSphinxError) -> [String: Rule] {
    guard rest.starts(with: "#JSGF V1.0".utf8) else { throw error("the first line must be '#JSGF V1.0;'") }
    try skipStatement()
    guard try next() == .word("grammar") else { throw error("'grammar NAME;' must come second") }
    try skipStatement()
    var rules: [String: Rule] = [:]
    while let (name, rule) = try rule() {
      guard rules.updateValue(rule, forKey: name) == nil else {
        throw error("rule <\(name)> is defined twice", at: rule.line)
      }
    }
    return rules
  }

  private mutating func rule() throws(PocketSphinxError) -> (String, Rule)? {
    var token = try next()
    if token == .end { return nil }
    if token == .word("import") { throw error("imports are not supported; copy the rule") }
    var rule = Rule(isPublic: token == .word("public"), line: line)
    if rule.isPublic { token = try next() }
    guard case .reference(let name) = token, try next() == .mark("=") else {
      throw error("expected a rule: <name> = …;")
    }
    try body(of: &rule, name)
    return (name, rule)
  }

  private mutating func body(of rule: inout Rule, _ name: String) throws(PocketSphinxError) {
    var open: [Character] = []
    while true {
      switch try next() {
      case .word(let word):
        rule.words.insert(word)
        rule.wordCount += 1
      case .reference("NULL"), .reference("VOID"): break
      case .reference(let target): rule.references.append(Reference(name: target, line: line))
      case .mark("("): try self.open(")", in: &open)
      case .mark("["): try self.open("]", in: &open)
      case .mark(let mark) where mark == ")" || mark == "]":
        guard open.popLast() == mark else { throw error("'\(mark)' closes nothing") }
      case .mark(";"):
        guard open.isEmpty else { throw error("'\(open.last ?? ")")' is missing in <\(name)>") }
        return
      case .mark("="): throw error("';' is missing before this rule")
      case .mark: break
      case .end: throw error("';' is missing at the end of <\(name)>")
      }
    }
  }

  private func open(_ closing: Character, in open: inout [Character]) throws(PocketSphinxError) {
    if open.count == Self.depthMax { throw error("more than \(Self.depthMax) brackets within each other") }
    open.append(closing)
  }

  // MARK: Tokens

  /// The next one that matters: tags and weights are passed over.
  private mutating func next() throws(PocketSphinxError) -> Token {
    while true {
      try skipBlanks()
      guard let byte = rest.first else { return .end }
      let first = Character(Unicode.Scalar(byte))
      switch first {
      case "{": _ = try enclosed(until: "}")
      case "/": _ = try enclosed(until: "/")
      case "<": return .reference(try name())
      case "\"": return .word(try enclosed(until: "\""))
      case "=", "|", "(", ")", "[", "]", "*", "+", ";":
        rest.removeFirst()
        return .mark(first)
      default: return .word(try word())
      }
    }
  }

  private mutating func word() throws(PocketSphinxError) -> String {
    let word = rest.prefix { !Self.isBlank($0) && !Self.delimiters.contains($0) }
    guard !word.isEmpty else { throw error("unexpected '\(String(rest.prefix(1)) ?? "")'") }
    rest = rest[word.endIndex...]
    return String(decoding: word, as: UTF8.self)
  }

  private mutating func name() throws(PocketSphinxError) -> String {
    let name = try enclosed(until: ">")
    if name.utf8.count > Self.nameMax {
      throw error("the name of a rule is longer than \(Self.nameMax) bytes")
    }
    return name
  }

  private mutating func enclosed(until close: Character) throws(PocketSphinxError) -> String {
    let content = rest.dropFirst().prefix { $0 != close.asciiValue }
    guard content.endIndex < rest.endIndex else { throw error("'\(close)' is missing") }
    line += content.count { $0 == Self.newline }
    rest = rest[content.endIndex...].dropFirst()
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func skipBlanks() throws(PocketSphinxError) {
    while let first = rest.first {
      if rest.starts(with: "//".utf8) {
        rest = rest.drop { $0 != Self.newline }
      } else if rest.starts(with: "/*".utf8) {
        try skipComment()
      } else if Self.isBlank(first) {
        if first == Self.newline { line += 1 }
        rest.removeFirst()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(PocketSphinxError) {
    let start = line
    while !rest.starts(with: "*/".utf8) {
      guard let byte = rest.popFirst() else { throw error("'*/' is missing", at: start) }
      if byte == Self.newline { line += 1 }
    }
    rest = rest.dropFirst(2)
  }

  private mutating func skipStatement() throws(PocketSphinxError) {
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: ";") { return }
      if byte == Self.newline { line += 1 }
    }
    throw error("';' is missing")
  }

  private static let newline = UInt8(ascii: "\n")
  private static let delimiters = Array("=|()[]*+;<>{}/\"".utf8)
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private func error(_ reason: String, at line: Int? = nil) -> PocketSphinxError {
    .badGrammar(file: file, line: line ?? self.line, reason: reason)
  }
}
