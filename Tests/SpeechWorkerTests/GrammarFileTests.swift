// SPDX-License-Identifier: Apache-2.0
import PocketSphinx
import TestSupport
import Testing

struct GrammarFileTests {
  @Test func wordsOfAllConstructsAreFound() throws {
    let text = """
      #JSGF V1.0 UTF-8 en;
      grammar all; // a comment
      /* another
         one */
      public <top> = /2.0/ turn <what>+ {tag words} | ["quoted"] (stop | go)* <NULL>;
      <what> = light | lamp;
      """
    let grammar = try GrammarFile(text: text, name: "all")
    #expect(grammar.words == ["turn", "quoted", "stop", "go", "light", "lamp"])
  }

  /// The library takes texts apart by bytes: a blank with an accent is a blank and a word with an accent.
  @Test func accentsBelongToTheWordAfterTheBlank() throws {
    let rule = "public <a> = b \u{301}c|\u{301}(d\u{301})\u{A0}e;"
    let grammar = try GrammarFile(text: "#JSGF V1.0;\r\ngrammar g;\r\n\(rule)", name: "g")
    #expect(grammar.words.map { Array($0.unicodeScalars) }.contains(["\u{301}", "c"]))
    #expect(grammar.words == ["b", "\u{301}c", "\u{301}", "d\u{301}", "\u{A0}e"])
  }

  static let bad: [(text: String, line: Int?, what: String)] = [
    ("grammar a; public <a> = b;", 1, "#JSGF"),
    ("#JSGF V1.0;\npublic <a> = b;", 2, "grammar NAME"), ("#JSGF V1.0;\ngrammar g", 2, "';' is missing"),
    ("#JSGF V1.0;\ngrammar g;\n<a> = b;", nil, "public"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = <b>;", 3, "<b> is not defined"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = <b>;\n<b> = c <a>;", 4, "themselves"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = <a> b | b;", 3, "themselves"),
    (
      "#JSGF V1.0;\ngrammar g;\npublic <a> = <b1>;\n"
        + (1..<9).map { "<b\($0)> = <b\($0 % 8 + 1)>;\n" }.joined(),
      11, "themselves: <b1> → <b2> → <b3> → <b4> → … → <b1>."
    ),
    ("#JSGF V1.0;\ngrammar g;\npublic <\(String(repeating: "é", count: 76))> = b;", 3, "longer than 150"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = (b;", 3, "')' is missing"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = b];", 3, "closes nothing"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = b", 3, "';' is missing"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a> = b;\n<a> = c;", 4, "twice"),
    ("#JSGF V1.0;\ngrammar g;\nimport <x.y>;", 3, "imports"),
    ("#JSGF V1.0;\ngrammar g;\n/* for ever", 3, "'*/'"),
    ("#JSGF V1.0;\ngrammar g;\npublic <a = b;", 3, "missing"),
  ]

  /// The library would go down with each level, or write out 2⁴⁰ words.
  static let hostile: [(text: String, what: String)] = [
    (String(repeating: "(", count: 500_000) + "a", "brackets within each other"),
    ("a " + String(repeating: "{t} ", count: 200_000) + "[", "']' is missing"),
    (
      "<r1>;\n" + (1..<20_000).map { "<r\($0)> = <r\($0 + 1)>;\n" }.joined() + "<r20000> = a",
      "nested deeper"
    ),
    (
      "<r1>;\n" + (1..<40).map { "<r\($0)> = <r\($0 + 1)> <r\($0 + 1)>;\n" }.joined() + "<r40> = a",
      "when its rules are written out"
    ),
  ]

  @Test(arguments: hostile) func aHostileGrammarIsRefusedBeforeTheLibrarySeesIt(
    _ body: String, _ what: String
  ) throws {
    let text = "#JSGF V1.0;\ngrammar g;\npublic <r0> = \(body);"
    let error = thrown(PocketSphinxError.self) { try GrammarFile(text: text, name: "g") }
    #expect(error.map { "\($0)".contains(what) } == true, "\(error.map { "\($0)".prefix(200) } ?? "")")
  }

  @Test(arguments: bad) func badGrammarsAreRefusedWithTheirLine(
    _ text: String, _ line: Int?, _ what: String
  ) throws {
    let error = thrown(PocketSphinxError.self) { try GrammarFile(text: text, name: "g") }
    guard case .badGrammar(_, let at, let reason) = try #require(error) else {
      Issue.record("another error")
      return
    }
    #expect(at == line, "\(reason)")
    #expect(reason.contains(what), "\(reason)")
  }

  @Test func aChainOfRulesIsRefusedBeforeItEndsTheStack() throws {
    let chain = (0..<40_000).map { "<r\($0)> = <r\($0 + 1)>;\n" }.joined()
    let text = "#JSGF V1.0;\ngrammar g;\npublic \(chain)<r40000> = end;"
    let error = thrown(PocketSphinxError.self) { try GrammarFile(text: text, name: "g") }
    #expect(error?.description == "g:102: rules are nested deeper than 100.")
  }

  @Test func anyNumberOfTagsIsPassedOver() throws {
    let tags = String(repeating: "{}", count: 200_000)
    let grammar = try GrammarFile(text: "#JSGF V1.0;\ngrammar g;\npublic <a> = b \(tags);", name: "g")
    #expect(grammar.words == ["b"])
  }

  @Test func unreadableFilesAreRefusedByName() {
    let directory = TemporaryDirectory()
    directory.write("empty.jsgf", "")
    let huge = directory.write("huge.jsgf", String(repeating: " ", count: (1 << 20) + 1))
    // Regular by its mode, and yet it cannot be mapped.
    let kernels = "/sys/kernel/uevent_seqnum"
    let refusals = [
      "/nonexistent/a.jsgf": "cannot be opened: No such file or directory",
      directory.file("empty.jsgf"): "is empty", "/usr": "cannot be opened: not a regular file",
      huge: "larger than 1 MiB", kernels: "cannot be opened: No such device",
      "/bin/true": "not UTF-8 text",
    ]
    for (path, reason) in refusals {
      let error = thrown(PocketSphinxError.self) { try GrammarFile(path: path) }
      #expect(
        error.map { "\($0)".hasPrefix(path) && "\($0)".contains(reason) } == true,
        "\(path): \(String(describing: error))")
    }
  }
}
