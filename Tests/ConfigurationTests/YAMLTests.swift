// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import YAML

@Suite struct YAMLTests {
  @Test func aDocumentBecomesATreeWithPlaces() {
    let document = YAMLDocument("a: 1\nb:\n  - \"x y\"\n  - {c: on, d: }\n")
    #expect(document.problems == [])
    #expect(
      document.root
        == .map(
          [
            YAMLEntry(
              key: "a", keyMark: YAMLMark(line: 1, column: 1),
              value: .scalar("1", isPlain: true, YAMLMark(line: 1, column: 4))),
            YAMLEntry(
              key: "b", keyMark: YAMLMark(line: 2, column: 1),
              value: .list(
                [
                  .scalar("x y", isPlain: false, YAMLMark(line: 3, column: 5)),
                  .map(
                    [
                      YAMLEntry(
                        key: "c", keyMark: YAMLMark(line: 4, column: 6),
                        value: .scalar("on", isPlain: true, YAMLMark(line: 4, column: 9))),
                      YAMLEntry(
                        key: "d", keyMark: YAMLMark(line: 4, column: 13),
                        value: .scalar("", isPlain: true, YAMLMark(line: 4, column: 16))),
                    ], YAMLMark(line: 4, column: 5)),
                ], YAMLMark(line: 3, column: 3))),
          ], YAMLMark(line: 1, column: 1)))
  }

  @Test func nothingIsAnEmptyMap() {
    for text in ["", "\n", "# only a comment\n", "\u{FEFF}# with a byte order mark\r\n"] {
      #expect(YAMLDocument(text).root == .map([], YAMLMark()), "\(text)")
      #expect(YAMLDocument(text).problems == [])
    }
  }

  @Test(arguments: [
    ("a:\n\tb: 1\n", "2:1 a tab indents this line. Use two spaces for each level."),
    ("a: 1\na: 2\n", "2:1 'a' is already given at line 1. Keep one of them."),
    (
      "a: &x 1\n",
      "1:4 '&x': anchors and tags are not used here. Write the value out; quote a text that begins so."
    ),
    (
      "a: !!int 1\n",
      "1:4 'tag:yaml.org,2002:int': anchors and tags are not used here. Write the value out; quote a text that begins so."
    ),
    ("a: *x\n", "1:4 '*x': aliases are not used here. Write the value out again."),
    ("a: 1\n---\nb: 2\n", "2:1 a second document begins here ('---'). Keep one document in a file."),
    (
      "a: 'x\nb: 1\n",
      "3:1 the quote opened at line 1 is not closed before this place. Add the closing quote."
    ),
    (
      "a: [1, 2\nb: 1\n", "2:2 the '[' opened at line 1 is not closed, or a ',' is missing before this place."
    ),
    (
      "a: {b: 1\nc: 2\n", "2:2 the '{' opened at line 1 is not closed, or a ',' is missing before this place."
    ),
    ("a: b: c\n", "1:5 this ':' cannot stand here. Quote a text that holds ': ', or check the indentation."),
    ("a: 1\nb\n", "3:1 the line at line 2 has no ':'. Write 'key: value', or '- value' in a list."),
    ("a: @x\n", "1:4 a text cannot begin with this character. Put it in quotes."),
    (
      "a:\n  - [x] y\n",
      "2:9 this does not fit the list begun at line 2: check the indentation; quote a text that begins with [, { or a quote."
    ),
    ("[a]: 1\n", "1:1 a key must be a text, not a list or a map. Quote it if it begins with [ or {."),
    ("a: \"\\q\"\n", "1:5 unknown '\\' sequence. Use single quotes, or write '\\\\' for a backslash."),
    ("a: \u{1}\n", "1:4 byte 0x01 is not text. Is it the right file? Save it as UTF-8 text."),
  ])
  func badTextsSayWhatToDo(_ text: String, _ expected: String) {
    let problems = YAMLDocument(text).problems.map { "\($0.mark.line):\($0.mark.column) \($0.text)" }
    #expect(problems == [expected])
  }

  @Test func recoverableProblemsAreToldTogether() {
    let document = YAMLDocument("a: *x\nb: 1\nb: 2\nc: !t 3\n")
    #expect(document.problems.map(\.mark.line) == [1, 3, 4])
    #expect(document.root != nil)
  }

  @Test func hugeOrHostileTextsAreRefused() {
    let wide = "[" + String(repeating: "a,", count: 60_000) + "]"
    let bomb = (1...20).map { "b\($0): &b\($0) [*a,*a,*a,*a,*a,*a,*a]\n" }.joined()
    refused(
      String(repeating: "#", count: 1 << 20) + "#",
      "the file is larger than 1048576 bytes, the most that is read")
    refused("a: " + String(repeating: "x", count: 70_000), "a text of 70000 bytes; at most 65536")
    refused(String(repeating: "[", count: 500_000), "nested deeper than 32 levels.")
    refused(String(repeating: "- ", count: 500_000), "nested deeper than 32 levels.")
    refused(wide, "more than 50000 values.")
    refused("a: &a [x,x,x,x]\n" + bomb, "'&a': anchors and tags are not used here.")
    let notUTF8: [UInt8] = [0x61, 0x3A, 0x20, 0xC3, 0x28]
    let program: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 0x02, 0x01, 0x01, 0x00]
    refused(YAMLDocument(notUTF8), "byte 0xc3 is not UTF-8. Save the file as UTF-8 text.")
    refused(YAMLDocument(program), "byte 0x7f is not text.")
  }

  private func refused(_ text: String, _ expected: String) { refused(YAMLDocument(text), expected) }

  private func refused(_ document: YAMLDocument, _ expected: String) {
    let first = document.problems.first?.text ?? "none"
    #expect(first.hasPrefix(expected), "\(first)")
    #expect(document.problems.count <= 101)
  }
}
