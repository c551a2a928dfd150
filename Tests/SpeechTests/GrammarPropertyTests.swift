// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Testing
import Time

/// Speaks a random sentence of a grammar in JSGF, as a recogniser reads it. It knows nothing of
/// templates, so it also checks that each rule is defined before it is used.
private struct Recogniser {
  private indirect enum Phrase {
    case word(String), rule(Substring), optional(Phrase), sequence([Phrase]), choice([Phrase])
  }

  private var rules: [Substring: Phrase] = [:]
  private(set) var problems: [String] = []

  init(_ jsgf: String) {
    for line in jsgf.split(separator: "\n").dropFirst(2) {
      guard let equals = line.firstIndex(of: "="), let open = line.firstIndex(of: "<"),
        let close = line.firstIndex(of: ">"), line.hasSuffix(";")
      else {
        problems.append("'\(line)' is no rule")
        continue
      }
      var body = line[line.index(after: equals)...].dropLast()
      for used in body.split(separator: "<").dropFirst() {
        let name = used.prefix { $0 != ">" }
        if rules[name] == nil { problems.append("<\(name)> is used before it is defined") }
      }
      let name = line[line.index(after: open)..<close]
      if rules.updateValue(Self.choice(&body), forKey: name) != nil {
        problems.append("<\(name)> is defined twice")
      }
    }
  }

  func speak(_ rule: Substring, _ random: inout SeededGenerator) -> [String] {
    rules[rule].map { speak($0, &random) } ?? []
  }

  private func speak(_ phrase: Phrase, _ random: inout SeededGenerator) -> [String] {
    switch phrase {
    case .word(let word): return [word]
    case .rule(let name): return speak(name, &random)
    case .optional(let phrase): return Bool.random(using: &random) ? speak(phrase, &random) : []
    case .sequence(let phrases): return phrases.flatMap { speak($0, &random) }
    case .choice(let phrases): return phrases.randomElement(using: &random).map { speak($0, &random) } ?? []
    }
  }

  private static func choice(_ text: inout Substring) -> Phrase {
    var choices = [sequence(&text)]
    while text.first == "|" {
      text.removeFirst()
      choices.append(sequence(&text))
    }
    return .choice(choices)
  }

  private static func sequence(_ text: inout Substring) -> Phrase {
    var phrases: [Phrase] = []
    while let next = text.first, !"|)]".contains(next) {
      switch next {
      case " ": text.removeFirst()
      case "(", "[":
        text.removeFirst()
        let inner = choice(&text)
        text = text.dropFirst()
        phrases.append(next == "(" ? inner : .optional(inner))
      case "<":
        let name = text.dropFirst().prefix { $0 != ">" }
        text = text.dropFirst(name.count + 2)
        phrases.append(.rule(name))
      default:
        let word = text.prefix { !" |()[]<".contains($0) }
        text = text.dropFirst(word.count)
        // Weights do not change what can be said.
        if word.first != "/" { phrases.append(.word(String(word))) }
      }
    }
    return .sequence(phrases)
  }
}

@Suite struct GrammarPropertyTests {
  private static let words = ["turn", "the", "light", "please", "what's", "to", "and", "7", "ok", "now"]
  private static let slots = [
    "{room}", "{a:room}", "{b:on|off}", "{c:1..12}", "{number}", "{percent}", "{duration}", "{time}",
    "{ordinal}", "{list}",
  ]
  private static let lists = ["room": ["kitchen", "living room", "room 101"], "list": ["a", "a a", "the"]]

  /// A random template; each slot at most once, so that it is well formed.
  private func template(
    _ depth: Int, _ slots: inout [String], _ random: inout SeededGenerator
  ) -> String {
    let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ -> String in
      switch Int.random(in: 0..<(depth > 3 ? 5 : 8), using: &random) {
      case 0...3: return Self.words.randomElement(using: &random) ?? ""
      case 4: return slots.isEmpty ? "again" : slots.removeLast()
      case 5: return "[" + template(depth + 1, &slots, &random) + "]"
      default:
        return "(" + template(depth + 1, &slots, &random) + "|" + template(depth + 1, &slots, &random) + ")"
      }
    }
    return parts.joined(separator: " ")
  }

  @Test func whatTheRecogniserCanHearIsUnderstoodAsTheCommandSaid() throws {
    var random = Seed.generator()
    for _ in 0..<40 {
      let commands = (0..<3).map { index in
        var slots = Self.slots.shuffled(using: &random)
        let mark = SpokenLetters.word(index) + "x"
        return CommandDefinition(
          name: "c\(index)", sentences: (0..<2).map { _ in "\(mark) " + template(0, &slots, &random) })
      }
      let grammar = try CommandGrammar(commands, lists: Self.lists)
      let recogniser = Recogniser(grammar.jsgf(name: "test", optionalPrefixes: ["hey jarvis"]))
      #expect(recogniser.problems.isEmpty)
      let vocabulary = Set(grammar.vocabulary + ["hey", "jarvis"])
      for _ in 0..<20 {
        let spoken = recogniser.speak("command", &random)
        #expect(vocabulary.isSuperset(of: spoken))
        let text = spoken.joined(separator: " ")
        let match = grammar.match(text, optionalPrefixes: ["hey jarvis"])
        let mark = spoken.first { $0.hasSuffix("x") && $0.count == 2 }
        let expected = commands.first { $0.sentences[0].hasPrefix(mark ?? "?") }?.name
        #expect(match?.command == expected, "'\(text)' of \(commands)")
      }
    }
  }

  @Test func eachBuiltInSlotUnderstandsWhatItsRuleSays() throws {
    var random = Seed.generator()
    for slot in BuiltInSlot.allCases {
      let definition = CommandDefinition(name: "say", sentences: ["say {\(slot.rawValue)}"])
      let grammar = try CommandGrammar([definition])
      let recogniser = Recogniser(grammar.jsgf(name: "test"))
      for _ in 0..<200 {
        let text = recogniser.speak("command", &random).joined(separator: " ")
        let value = grammar.match(text)?[slot.rawValue]
        #expect(value?.first?.isNumber == true, "'\(text)'")
      }
    }
  }

  @Test func anyTemplateIsAGrammarOrAnErrorWithItsPlace() {
    var random = Seed.generator()
    let alphabet =
      Array("ab {}[]()|:.,'7é%<;\\\u{0}\u{1F600}")
      + ["{room}", "[s]", "..", "{n:1..3}"].flatMap { Array($0) }
    for _ in 0..<1000 {
      var slots = Self.slots.shuffled(using: &random)
      var text = Array(template(0, &slots, &random))
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0...text.count, using: &random)
        if Bool.random(using: &random), index < text.count { text.remove(at: index) }
        text.insert(alphabet.randomElement(using: &random) ?? "a", at: min(index, text.count))
      }
      check(String(text), &random)
    }
  }

  private func check(_ sentence: String, _ random: inout SeededGenerator) {
    do {
      let grammar = try CommandGrammar(
        [CommandDefinition(name: "c", sentences: [sentence])], lists: Self.lists)
      let recogniser = Recogniser(grammar.jsgf(name: "test"))
      let text = recogniser.speak("command", &random).joined(separator: " ")
      #expect(
        recogniser.problems.isEmpty && grammar.match(text)?.command == "c", "'\(sentence)' says '\(text)'")
    } catch {
      for problem in error.problems {
        guard case .command("c", sentence: 1, column: let column?) = problem.place else {
          Issue.record("'\(sentence)': \(problem)")
          continue
        }
        #expect(column >= 1 && column <= sentence.count + 1 && !problem.text.isEmpty)
      }
    }
  }

  @Test func anAmbiguousSentenceTakesNoExponentialTime() throws {
    let part = String(repeating: "[(a|[a] [a]|{list})] ", count: 12)
    let sentence = part.split(separator: " ", maxSplits: 0).joined() + "end"
    var index = 0
    let unique = sentence.split(separator: "{", omittingEmptySubsequences: false).reduce("") { text, next in
      defer { index += 1 }
      return index == 0 ? String(next) : text + "{s\(index):" + next
    }
    let grammar = try CommandGrammar(
      [CommandDefinition(name: "c", sentences: [unique])], lists: Self.lists)
    let spoken = String(repeating: "a ", count: 24)
    #expect(grammar.match(spoken + "end")?.command == "c")
    #expect(grammar.match(spoken + "a nd") == nil)
    let nested = (0..<14).reduce("a") { inner, _ in "(b|[c] \(inner)|d \(inner.prefix(60).count))" }
    let deep = try CommandGrammar([CommandDefinition(name: "c", sentences: [nested])])
    #expect(deep.match("c c c a")?.command == "c")
  }
}
