// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Speech

@Suite struct CommandGrammarTests {
  static let lists = [
    "light": ["Kitchen", "living room", "all the lights", "lamp 2"], "door": ["front door", "garage"],
  ]

  static func grammar(_ commands: KeyValuePairs<String, [String]>) throws -> CommandGrammar {
    try CommandGrammar(
      commands.map { CommandDefinition(name: $0.key, sentences: $0.value) }, lists: lists)
  }

  private func home() throws -> CommandGrammar {
    try Self.grammar([
      "switch": ["turn {state:on|off}, [the] {light} [light[s]]", "turn [the ]{light} {state:on|off}"],
      "everything_off": ["turn off all the lights", "good night"],
      "dim": ["(dim|set) [the] {light} [light[s]] to {level:percent}"],
      "timer": ["(set|start) a timer for {duration}", "set a timer for {minutes:1..5} min"],
      "lock": ["lock [the] {door} [and [the] {second:door}]"],
      "time": ["what's the time", "what time is it"], "alarm": ["wake me [up] at {time}"],
    ])
  }

  @Test(
    arguments: [
      ("turn on the kitchen light", "switch state=on light=Kitchen"),
      ("Turn ON kitchen.", "switch state=on light=Kitchen"),
      ("turn the living-room off", "switch light=living room state=off"),
      ("turn on lamp two", "switch state=on light=lamp 2"),
      ("turn on lamp 2!", "switch state=on light=lamp 2"),
      ("turn on all the lights", "switch state=on light=all the lights"),
      ("turn off all the lights", "everything_off"),
      ("dim the kitchen lights to 50%", "dim light=Kitchen level=50"),
      ("set kitchen to a hundred percent", "dim light=Kitchen level=100"),
      ("start a timer for half an hour", "timer duration=1800s"),
      ("set a timer for 5 minutes", "timer duration=300s"), ("set a timer for five min", "timer minutes=5"),
      ("lock the front door and garage", "lock door=front door second=garage"),
      ("lock garage", "lock door=garage"), ("what is the time", "time"), ("What's the time?", "time"),
      ("hey jarvis, good night", "everything_off"), ("jarvis good night", "everything_off"),
      ("wake me at quarter past six in the evening", "alarm time=18:15"),
      ("turn on", nil), ("turn on the bathroom", nil),
      ("turn on, the kitchen lights", "switch state=on light=Kitchen"), ("good night good night", nil),
      ("", nil),
      ("jarvis hey good night", nil), ("hey jarvis", nil), ("set a timer for nine", nil),
    ] as [(String, String?)])
  func textIsUnderstood(text: String, expected: String?) throws {
    let match = try home().match(text, optionalPrefixes: ["hey jarvis"])
    let found = match.map { match in
      ([match.command] + match.slots.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }
    #expect(found == expected)
  }

  @Test func theMoreLiteralSentenceWinsThenTheEarlier() throws {
    let grammar = try Self.grammar([
      "any": ["play {number} {light}"], "lamp": ["play {number} lamp two"],
      "late": ["play [now] {number} {light}"],
    ])
    #expect(grammar.match("play 3 lamp 2")?.command == "lamp")
    #expect(grammar.match("play 3 kitchen")?.command == "any")
    #expect(grammar.match("play now 3 kitchen")?["light"] == "Kitchen")
    #expect(grammar.warnings.map(\.description).count == 1)
  }

  @Test func sentencesOfTwoCommandsAreWarnedOf() throws {
    let grammar = try Self.grammar([
      "a": ["(switch|turn) on {light}"], "b": ["[please] turn on {light}", "turn on {door}"],
      "c": ["turn on {x:light}"],
    ])
    #expect(
      grammar.warnings.map(\.description) == [
        "command 'b', sentence 1: 'turn on {list 2}' is also said for command 'a', which comes first and wins.",
        "command 'c', sentence 1: 'turn on {list 2}' is also said for command 'a', which comes first and wins.",
      ])
  }

  @Test(arguments: [
    ("turn (on", "column 6: '(' is not closed. Add ')'."),
    ("turn on)", "column 8: ')' closes nothing. Remove it, or add its opening bracket."),
    ("turn [on", "column 6: '[' is not closed. Add ']'."),
    ("turn (on]", "column 6: '(' is not closed. Add ')'."),
    ("turn {light", "column 6: '{' is not closed. Add '}'."),
    ("turn }", "column 6: '}' closes nothing. Remove it, or add its opening bracket."),
    (
      "turn {ligth}",
      "column 6: no list is called 'ligth'. Did you mean 'light'? Known: door, duration, light, number, ordinal, percent, time."
    ),
    ("turn {light:lamp}", "column 6: no list is called 'lamp'. The slot's name comes first: {lamp:light}."),
    ("turn {}", "column 6: '' is no slot name. Use a-z, 0-9 and _, as in {light}."),
    ("turn {Light}", "column 6: 'Light' is no slot name. Use a-z, 0-9 and _, as in {light}."),
    ("turn {s:on|}", "column 6: '' has no word that can be spoken."),
    ("turn {s:on|On}", "column 6: 'On' sounds like another value. Remove one."),
    ("to {n:5..x}", "column 4: '5..x' is no range of numbers. Write it as 5..30."),
    ("to {n:9..5}", "column 4: '9..5' is no range of numbers. Write it as 5..30."),
    (
      "to {n:-9223372036854775808..5}",
      "column 4: '-9223372036854775808..5' is no range of numbers. Write it as 5..30."
    ),
    ("to {n:0..9999}", "column 4: '0..9999' has more than 2000 numbers. Use {number}."),
    ("turn () on", "column 6: the brackets are empty. Write words in them, or remove them."),
    ("", "column 1: the sentence may be empty. Give it one word that must be said."),
    ("[please] (|now)", "column 1: the sentence may be empty. Give it one word that must be said."),
    ("a|", "column 1: the sentence may be empty. Give it one word that must be said."),
    ("turn <on>", "column 6: '<' cannot be spoken. Write it as a word."),
    ("mail a@b", "column 7: '@' cannot be spoken. Write it as a word."),
    ("{light} and {light}", "column 1: two slots have one name. Rename one as in {other:list}."),
    ("the{light}", "column 4: this touches a word but is no part of one. Put a space between them."),
    ("light(s and lamp)", "column 6: this touches a word but is no part of one. Put a space between them."),
    (String(repeating: "(", count: 17) + "a", "column 17: brackets are nested deeper than 16."),
    (String(repeating: "a", count: 1001), "column 1001: the sentence is longer than 1000 characters."),
    ("{light}s", "column 1: this touches a word but is no part of one. Put a space between them."),
  ])
  func aWrongSentenceIsToldWithItsPlace(sentence: String, expected: String) {
    let error = thrown(CommandGrammarError.self) { try Self.grammar(["bad": ["fine", sentence]]) }
    #expect(error?.description == "command 'bad', sentence 2, " + expected)
  }

  @Test func everythingWrongIsToldAtOnce() {
    let commands = [
      CommandDefinition(name: "a", sentences: ["x (", "y ["]), CommandDefinition(name: "a", sentences: []),
      CommandDefinition(name: "Öh", sentences: ["z"]),
    ]
    let lists = [
      "number": ["one"], "2nd": ["b"], "empty": [], "twice": ["OK", "okay"],
      "long": [String(repeating: "a ", count: 13)],
    ]
    let error = thrown(CommandGrammarError.self) { try CommandGrammar(commands, lists: lists) }
    #expect(
      error?.problems.map(\.description) == [
        "list '2nd': a list is named with a-z, 0-9 and _, beginning with a letter.",
        "list 'empty': it has no values. Add one, or remove it.",
        "list 'long': '\(String(repeating: "a ", count: 12))a' has 13 words, 12 are allowed.",
        "list 'number': {number} is built in. Give the list another name.",
        "list 'twice': 'okay' sounds like another value. Remove one.",
        "command 'a': it is defined twice. Put all its sentences in one.",
        "command 'a': it has no sentences. Add one, or remove it.",
        "command 'Öh': a command is named with a-z, 0-9 and _, beginning with a letter.",
        "command 'a', sentence 1, column 3: '(' is not closed. Add ')'.",
        "command 'a', sentence 2, column 3: '[' is not closed. Add ']'.",
      ])
  }

  @Test func limitsAreNamed() {
    func text(_ commands: [CommandDefinition], _ lists: [String: [String]] = [:]) -> String? {
      do { _ = try CommandGrammar(commands, lists: lists) } catch { return error.description }
      return nil
    }
    let long = (0..<1999).map { "value \(String($0, radix: 10)) of many" }
    let slots = (0..<17).map { "{s\($0):number}" }.joined(separator: " ")
    #expect(
      text([CommandDefinition(name: "a", sentences: [slots])])
        == "command 'a', sentence 1: it has 17 slots, 16 are allowed.")
    #expect(
      text([CommandDefinition(name: "a", sentences: ["{l}"])], ["l": long + long])?.contains(
        "3998 values, 2000 are") == true)
    let many = (0..<10).map { "go \(SpokenLetters.word($0)) {l}" }
    #expect(
      text([CommandDefinition(name: "a", sentences: many)], ["l": long])?.contains(
        "words for the recogniser, 50000 are allowed") == true)
    let commands = (0..<1001).map { CommandDefinition(name: "c\($0)", sentences: ["a", "b"]) }
    let told = text(commands)
    #expect(told?.contains("there are 1001 commands, 1000 are allowed") == true)
    #expect(told?.contains("there are 2002 sentences, 2000 are allowed") == true)
  }

  @Test func theRecognisersGrammarIsWhatItShouldBe() throws {
    let grammar = try Self.grammar([
      "lock": ["(lock|close) [the] {door}"], "two": ["channel {n:1..2}!", "what's up"],
    ])
    #expect(
      grammar.jsgf(name: "my home", optionalPrefixes: ["Hey Jarvis"]) == """
        #JSGF V1.0;
        grammar my_home;
        <l0> = front door | garage;
        <l2> = one | two;
        <s0> = (lock | close) [the] <l0>;
        <s1> = channel <l2>;
        <s2> = what's up;
        <prefix> = hey jarvis | jarvis;
        public <command> = [<prefix>] (<s0> | <s1> | <s2>);

        """)
    let words = ["channel", "close", "door", "front", "garage", "lock", "one", "the", "two", "up", "what's"]
    #expect(grammar.vocabulary == words)
    let empty = try CommandGrammar([])
    #expect(empty.isEmpty && empty.vocabulary.isEmpty && empty.match("on") == nil)
    #expect(empty.jsgf(name: "none").hasSuffix("public <command> = (<VOID>);\n"))
  }

  /// "two hours" was heard as "eighty hours". Text still means what it says.
  @Test func asManyHoursAreHeardAsPeopleMean() throws {
    let grammar = try Self.grammar(["timer": ["set a timer for {d:duration}"]])
    let rules = grammar.jsgf(name: "timer").split(separator: "\n")
    let rule = rules.first { $0.hasPrefix("<hour_count> = ") } ?? ""
    let counts = rule.dropFirst("<hour_count> = ".count).dropLast().split(separator: " | ")
    let seldom = counts.filter { $0.hasPrefix("/0.00001/ ") }.map { $0.dropFirst("/0.00001/ ".count) }
    func numbers(_ counts: [Substring]) -> [Int?] {
      counts.map { SpokenNumber.value(SpokenText.words(String($0))[...]) }
    }
    #expect(numbers(counts.filter { !$0.hasPrefix("/") }) == Array(1...12))
    #expect(numbers(seldom) == Array(13...24) + [36, 48, 72])
    #expect(rules.contains("<hours> = (<hour_count> | an) (hour | hours);"))
    let duration = rules.first { $0.hasPrefix("<duration> = ") } ?? ""
    #expect(duration.hasSuffix(" | <below_hundred> and a half minutes | <hour_count> and a half hours;"))
    #expect(!grammar.vocabulary.contains { $0.contains("/") })
    #expect(grammar.match("set a timer for eighty hours")?["d"] == "288000s")
  }

  /// "fifty" was heard as "fifty eight", "seven o'clock" as "seven oh nine".
  @Test func roundNumbersAndMinutesAreHeardFirst() throws {
    let grammar = try Self.grammar(["level": ["set it to {n:number} at {t:time}"]])
    let rules = grammar.jsgf(name: "level").split(separator: "\n")
    func alternatives(_ rule: String) -> (usual: [String], seldom: [String]) {
      let line = rules.first { $0.hasPrefix("<\(rule)> = ") } ?? ""
      let words = line.dropFirst("<\(rule)> = ".count).split { "|()[];".contains($0) }
        .map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
      return (
        words.filter { !$0.hasPrefix("/") },
        words.filter { $0.hasPrefix("/0.00001/ ") }.map { String($0.dropFirst("/0.00001/ ".count)) }
      )
    }
    let odd = ["one", "two", "three", "four", "six", "seven", "eight", "nine"]
    #expect(alternatives("below_hundred").seldom == odd)
    #expect(alternatives("below_hundred").usual.filter { $0 == "five" }.count == 2)
    let teens = ["eleven", "twelve", "thirteen", "fourteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    #expect(alternatives("minute").seldom == odd + teens + odd)
    #expect(
      alternatives("minute").usual == [
        "oh", "five", "ten", "fifteen", "twenty", "thirty", "forty", "fifty", "five",
      ])
    let heard = grammar.match("set it to fifty eight at seven oh nine")
    #expect(heard?["n"] == "58" && heard?["t"] == "07:09")
  }
}

enum SpokenLetters {
  /// A word of its own for each number.
  static func word(_ number: Int) -> String {
    String(String(number).compactMap { $0.wholeNumberValue.map { Character(UnicodeScalar(UInt8(97 + $0))) } })
  }
}
