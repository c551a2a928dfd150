// SPDX-License-Identifier: Apache-2.0

/// The sentences a device understands, compiled once: for text (`match`) and for an offline
/// recogniser (`jsgf`), so that what is heard can be matched and the other way round.
///
/// A template is made of words, `(a|b)` alternatives, `[a|b]` optional parts and slots: `{light}`
/// takes a value of the list `light`, `{room:places}` calls it `room`, `{state:on|off}` writes the
/// list in place, `{hours:1..12}` numbers of a range, and `{number}`, `{percent}`, `{duration}`,
/// `{time}`, `{ordinal}` are built in (`BuiltInSlot`). A plain `(on|off)` is not captured.
///
/// Upper case, punctuation, contractions and numerals make no difference: "What's 21.5 °?" is
/// "what is twenty one point five degrees".
public struct CommandGrammar: Sendable {
  /// What is beyond is a problem that names the limit.
  public enum Limits {
    public static let commands = 1000
    public static let sentences = 2000
    public static let sentenceCharacters = 1000
    public static let nesting = 16
    public static let slots = 16
    public static let spellings = 64
    public static let listValues = 2000
    public static let valueWords = 12
    /// Words in the recogniser's graph, where each slot is a copy of its list.
    public static let recogniserWords = 50_000
    /// Words of a text to match; a longer one matches nothing.
    public static let textWords = 64
  }

  /// Not wrong, but hardly meant: sentences that belong to two commands.
  public internal(set) var warnings: [CommandGrammarError.Problem] = []
  private(set) var sentences: [Sentence] = []
  private(set) var lists = ListTable()

  struct Sentence: Sendable {
    var command: String
    /// From 1, within its command.
    var number: Int
    var node: SentenceNode
    var matcher: SentenceMatcher
  }

  /// Compiles the commands; earlier ones win where two are equally good.
  ///
  /// - Parameter lists: words for `{name}`; the value is given as written here.
  /// - Throws: all problems at once, with the command, sentence and column of each.
  public init(
    _ commands: [CommandDefinition], lists: [String: [String]] = [:]
  ) throws(CommandGrammarError) {
    var problems: [CommandGrammarError.Problem] = []
    for (name, values) in lists.sorted(by: { $0.key < $1.key }) {
      problems += self.lists.declare(name, values).map { .init(place: .list(name), text: $0) }
    }
    problems += Self.problems(of: commands)
    for command in commands.prefix(Limits.commands) {
      for (index, sentence) in command.sentences.prefix(Limits.sentences).enumerated() {
        problems += add(sentence, number: index + 1, to: command.name).map { [$0] } ?? []
      }
    }
    problems += sizeProblems()
    guard problems.isEmpty else { throw CommandGrammarError(problems: problems) }
    warnings = ambiguities()
  }

  /// Nothing can be said.
  public var isEmpty: Bool { sentences.isEmpty }

  /// What a text means, nil when it is none of the sentences.
  ///
  /// The most specific sentence wins: more literal words, then fewer slots, then the earlier one.
  /// - Parameter optionalPrefixes: phrases that may precede the command, whole or their last words
  ///   only: the wake phrases.
  public func match(_ text: String, optionalPrefixes: [String] = []) -> CommandMatch? {
    let words = SpokenText.canonical(text)
    guard words.count <= Limits.textWords else { return nil }
    if let match = match(words[...]) { return match }
    for tail in Self.tails(of: optionalPrefixes.map { SpokenText.canonical($0) })
    where words.count > tail.count && words.starts(with: tail) {
      if let match = match(words.dropFirst(tail.count)) { return match }
    }
    return nil
  }

  private func match(_ words: ArraySlice<String>) -> CommandMatch? {
    var best: (score: Int, match: CommandMatch)?
    for sentence in sentences {
      guard let found = sentence.matcher.match(words, lists: lists) else { continue }
      if let best, best.score >= found.score { continue }
      best = (found.score, CommandMatch(command: sentence.command, slots: found.slots))
    }
    return best?.match
  }

  /// The phrases and what is left of them without their first words, the longest first.
  static func tails(of phrases: [[String]]) -> [[String]] {
    var seen: Set<[String]> = []
    return phrases.flatMap { phrase in phrase.indices.map { Array(phrase[$0...]) } }
      .filter { seen.insert($0).inserted }
      .sorted { $0.count > $1.count }
  }

  // MARK: Compiling

  private mutating func add(
    _ sentence: String, number: Int, to command: String
  ) -> CommandGrammarError.Problem? {
    do {
      let node = try SentenceParser.parse(sentence, lists: &lists)
      sentences.append(
        Sentence(
          command: command, number: number, node: node,
          matcher: SentenceMatcher(node, lists: lists)))
      return nil
    } catch {
      let place = CommandGrammarError.Problem.Place.command(
        command, sentence: number, column: error.column)
      return CommandGrammarError.Problem(place: place, text: error.text)
    }
  }

  private static func problems(of commands: [CommandDefinition]) -> [CommandGrammarError.Problem] {
    var problems: [CommandGrammarError.Problem] = []
    var names: Set<String> = []
    for command in commands {
      let place = CommandGrammarError.Problem.Place.command(command.name, sentence: nil, column: nil)
      if !SentenceParser.isName(command.name) {
        let text = "a command is named with a-z, 0-9 and _, beginning with a letter."
        problems.append(.init(place: place, text: text))
      }
      if !names.insert(command.name).inserted {
        problems.append(.init(place: place, text: "it is defined twice. Put all its sentences in one."))
      }
      if command.sentences.isEmpty {
        problems.append(.init(place: place, text: "it has no sentences. Add one, or remove it."))
      }
    }
    return problems + countProblems(commands)
  }

  private static func countProblems(
    _ commands: [CommandDefinition]
  ) -> [CommandGrammarError.Problem] {
    let sentences = commands.reduce(0) { $0 + $1.sentences.count }
    return [
      (commands.count, Limits.commands, "commands"), (sentences, Limits.sentences, "sentences"),
    ].filter { $0.0 > $0.1 }.map {
      .init(place: .grammar, text: "there are \($0.0) \($0.2), \($0.1) are allowed.")
    }
  }

  private func sizeProblems() -> [CommandGrammarError.Problem] {
    var total = 0
    for sentence in sentences {
      let size = sentence.node.size(lists)
      total += size.words
      guard size.slots > Limits.slots else { continue }
      let place = CommandGrammarError.Problem.Place.command(
        sentence.command, sentence: sentence.number, column: nil)
      let text = "it has \(size.slots) slots, \(Limits.slots) are allowed."
      return [.init(place: place, text: text)]
    }
    guard total > Limits.recogniserWords else { return [] }
    let text =
      "they make \(total) words for the recogniser, \(Limits.recogniserWords) are allowed."
      + " Use fewer or shorter lists."
    return [.init(place: .grammar, text: text)]
  }
}
