// SPDX-License-Identifier: Apache-2.0

/// A JSGF grammar, checked: the library accepts undefined rules and endless recursion.
///
/// Supported: `public`, alternatives, groups, `[optional]`, `*`, `+`, weights, tags, comments.
/// Refused with the line: imports, recursion (say it with `+`), undefined or repeated rules, and what
/// would be too deep or, written out, too large for the library.
public struct GrammarFile: Sendable, Equatable {
  /// Rules that use each other, one below the other, at most: the library follows them by calling
  /// itself.
  public static let nestingMax = 100

  public let text: String
  /// Every word that can be said, as written.
  public let words: Set<String>

  /// Reads and checks a file.
  /// - Throws: `.badGrammar` with the line, also when the file cannot be read.
  public init(path: String) throws(PocketSphinxError) {
    let text: String
    do throws(PocketSphinxError) {
      let file = try MappedFile(path)
      guard file.bytes.count <= Self.sizeMax else {
        throw .badGrammar(file: path, line: nil, reason: "larger than \(Self.sizeMax >> 20) MiB")
      }
      guard let valid = String(validating: file.bytes, as: UTF8.self) else {
        throw .badGrammar(file: path, line: nil, reason: "not UTF-8 text")
      }
      text = valid
    } catch .modelMissing(_, let reason) {
      throw .badGrammar(file: path, line: nil, reason: "cannot be opened: \(reason)")
    } catch .modelDamaged {
      throw .badGrammar(file: path, line: nil, reason: "is empty")
    }
    try self.init(text: text, name: path)
  }

  /// Checks a text; `name` appears in errors.
  /// - Throws: `.badGrammar` with the line.
  public init(text: String, name: String) throws(PocketSphinxError) {
    var parser = GrammarParser(text, file: name)
    let rules = try parser.rules()
    try Self.checkReferences(rules, name)
    self.text = text
    words = rules.values.reduce(into: []) { $0.formUnion($1.words) }
  }

  private static let sizeMax = 1 << 20
  /// The library writes each reference out: rules that name others twice double each time.
  private static let expandedMax = 100_000

  private static func checkReferences(
    _ rules: [String: GrammarParser.Rule], _ file: String
  ) throws(PocketSphinxError) {
    guard rules.values.contains(where: { $0.isPublic }) else {
      throw .badGrammar(file: file, line: nil, reason: "no rule is public, so nothing can be said")
    }
    var sizes: [String: Int] = [:]
    for (name, rule) in rules.sorted(by: { $0.value.line < $1.value.line }) {
      var path: [String] = []
      _ = try size(of: name, rule.line)
      /// Words of the rule when all that it refers to is written out.
      func size(of name: String, _ line: Int) throws(PocketSphinxError) -> Int {
        if let known = sizes[name] { return known }
        guard let rule = rules[name] else {
          throw .badGrammar(file: file, line: line, reason: "rule <\(name)> is not defined")
        }
        guard !path.contains(name) else {
          let circle = path.drop { $0 != name }.map { "<\($0)>" }
          let way = (circle.prefix(4) + (circle.count > 4 ? ["…"] : []) + circle.prefix(1)).joined(
            separator: " → ")
          throw .badGrammar(file: file, line: line, reason: "rules refer to themselves: \(way). Use + or *.")
        }
        guard path.count < Self.nestingMax else {
          throw .badGrammar(
            file: file, line: line, reason: "rules are nested deeper than \(Self.nestingMax).")
        }
        path.append(name)
        var sum = rule.wordCount
        for reference in rule.references {
          sum += try size(of: reference.name, reference.line)
          guard sum <= Self.expandedMax else {
            throw .badGrammar(
              file: file, line: reference.line,
              reason: "<\(name)> has more than \(Self.expandedMax) words when its rules are written out")
          }
        }
        path.removeLast()
        sizes[name] = sum
        return sum
      }
    }
  }
}
