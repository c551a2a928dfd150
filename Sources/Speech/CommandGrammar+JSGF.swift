// SPDX-License-Identifier: Apache-2.0

extension CommandGrammar {
  /// The grammar for PocketSphinx, in the Java Speech Grammar Format 1.0.
  ///
  /// Words are lower-case letters and apostrophes; every rule is defined once, before it is used,
  /// so that the library's silent acceptance of undefined and recursive rules can't be met. An empty
  /// grammar accepts nothing.
  /// - Parameters:
  ///   - name: letters, digits and _; other characters become _.
  ///   - optionalPrefixes: phrases that may be heard first, whole or their last words: the
  ///     wake phrases, since audio is sent from shortly before the command.
  public func jsgf(name: String, optionalPrefixes: [String] = []) -> String {
    let tails = Self.tails(of: optionalPrefixes.map { SpokenText.words($0) })
    let title = name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
    var text = "#JSGF V1.0;\ngrammar \(String(title));\n"
    for (rule, body) in builtInRules + listRules { text += "<\(rule)> = \(body);\n" }
    for (index, sentence) in sentences.enumerated() {
      text += "<s\(index)> = \(jsgf(sentence.node));\n"
    }
    if !tails.isEmpty { text += "<prefix> = \(choices(tails));\n" }
    let commands = isEmpty ? "<VOID>" : sentences.indices.map { "<s\($0)>" }.joined(separator: " | ")
    return text + "public <command> = \(tails.isEmpty ? "" : "[<prefix>] ")(\(commands));\n"
  }

  /// Every word of the grammar, sorted: each needs a pronunciation.
  public var vocabulary: [String] {
    var words: Set<String> = []
    for sentence in sentences { sentence.node.collectWords(into: &words) }
    for source in sources {
      switch source {
      case .list(let index): lists.lists[index].spoken.forEach { words.formUnion($0) }
      case .builtIn(let builtIn): builtIn.rules.forEach { words.formUnion(Self.words(ofRule: $0.body)) }
      }
    }
    return words.sorted()
  }

  private static func words(ofRule body: String) -> [String] {
    body.split { " |()[]".contains($0) }.map(String.init).filter { $0.first != "<" && $0.first != "/" }
  }

  private var sources: Set<SentenceSlot.Source> {
    sentences.reduce(into: []) { $1.node.collectSources(into: &$0) }
  }

  private var builtInRules: [(String, String)] {
    let used = sources
    var seen: Set<String> = []
    return BuiltInSlot.allCases.filter { used.contains(.builtIn($0)) }.flatMap(\.rules)
      .filter { seen.insert($0.name).inserted }
  }

  private var listRules: [(String, String)] {
    let used = sources
    return lists.lists.indices.filter { used.contains(.list($0)) }
      .map { ("l\($0)", choices(lists.lists[$0].spoken)) }
  }

  private func choices(_ phrases: [[String]]) -> String {
    phrases.map { $0.joined(separator: " ") }.joined(separator: " | ")
  }

  private func jsgf(_ node: SentenceNode) -> String {
    switch node {
    case .words(let words): return words.joined(separator: " ")
    case .slot(let slot): return "<\(rule(slot.source))>"
    case .optional(let node): return "[\(jsgf(node))]"
    case .sequence(let nodes): return nodes.map { jsgf($0) }.joined(separator: " ")
    case .alternatives(let nodes):
      return "(" + nodes.map { jsgf($0) }.joined(separator: " | ") + ")"
    }
  }

  private func rule(_ source: SentenceSlot.Source) -> String {
    switch source {
    case .list(let index): return "l\(index)"
    case .builtIn(let builtIn): return builtIn.rawValue
    }
  }
}

extension SentenceNode {
  private var children: [SentenceNode] {
    switch self {
    case .words, .slot: return []
    case .optional(let node): return [node]
    case .sequence(let nodes), .alternatives(let nodes): return nodes
    }
  }

  func collectWords(into words: inout Set<String>) {
    if case .words(let own) = self { words.formUnion(own) }
    for child in children { child.collectWords(into: &words) }
  }

  func collectSources(into sources: inout Set<SentenceSlot.Source>) {
    if case .slot(let slot) = self { sources.insert(slot.source) }
    for child in children { child.collectSources(into: &sources) }
  }

  /// Slots as written, and words in the recogniser's graph.
  func size(_ lists: ListTable) -> (slots: Int, words: Int) {
    switch self {
    case .words(let words): return (0, words.count)
    case .slot(let slot): return (1, lists.spokenWords(slot.source))
    default:
      return children.reduce((0, 0)) { sum, node in
        let size = node.size(lists)
        return (sum.0 + size.slots, sum.1 + size.words)
      }
    }
  }
}

extension ListTable {
  /// Words that a copy of the slot puts into the recogniser's graph.
  func spokenWords(_ source: SentenceSlot.Source) -> Int {
    switch source {
    case .list(let index): return lists[index].spoken.reduce(0) { $0 + $1.count }
    case .builtIn(let builtIn): return builtIn == .number || builtIn == .percent ? 40 : 200
    }
  }
}
