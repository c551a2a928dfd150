// SPDX-License-Identifier: Apache-2.0
import Testing

/// An object whose own closure holds it is never freed: `x.onEnd = { x.close() }`.
@Suite struct ClosureTests {
  struct Finding: Equatable {
    var line: Int
    var owner: String
  }

  @Test func noObjectIsHeldByItsOwnClosure() {
    for file in SourceTree.shared.files where file.isSwift && file.path.hasPrefix("Sources/") {
      for finding in Self.findings(in: file.lines) {
        let advice = "[weak \(finding.owner)], or unowned"
        Issue.record("\(file.path):\(finding.line): a closure of '\(finding.owner)' holds it: \(advice)")
      }
    }
  }

  @Test(
    arguments: [
      ("a.onEnd = { a.close() }", true),
      ("a.onEnd = { [self] in\n  b(\"\\(a.name)\")\n}\na.close()", true),
      ("a.onEnd = { [unowned a] in a.close() }", false),
      ("a.onEnd = { [self, weak a] in\n  a?.close()\n}", false),
      ("a.onEnd = { b.a.close(ba.c) }\na.close()", false),
      ("a.onEnd = { b.close() }  // a.close", false),
    ])
  func theSearchSeesWhatHoldsItsOwner(text: String, isFound: Bool) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(Self.findings(in: lines) == (isFound ? [Finding(line: 1, owner: "a")] : []))
  }

  private static func findings(in lines: [Substring]) -> [Finding] {
    lines.indices.compactMap { index in
      guard let owner = owner(of: lines[index]) else { return nil }
      let isWhole = lines[index].hasSuffix("}")
      // Layout is checked: a closure ends at the depth of its beginning.
      let indentation = lines[index].prefix { $0 == " " }
      let end = lines[(index + 1)...].firstIndex { $0.hasPrefix(indentation + "}") } ?? lines.endIndex
      let body = [lines[index].drop { $0 != "{" }] + (isWhole ? [] : lines[(index + 1)..<end])
      let captures = body[0].split(separator: "]")[0]
      if captures.contains("weak \(owner)") || captures.contains("unowned \(owner)") { return nil }
      return body.contains { uses(owner, $0) } ? Finding(line: index + 1, owner: owner) : nil
    }
  }

  /// `x` of a line that sets a closure of it, `x.onEnd = {`.
  private static func owner(of line: Substring) -> String? {
    let words = line.split(separator: " ", maxSplits: 3)
    guard words.count > 2, words[1] == "=", words[2].hasPrefix("{") else { return nil }
    let parts = words[0].split(separator: ".")
    return parts.count == 2 && parts[0] != "self" ? String(parts[0]) : nil
  }

  /// Something of it, also within a text.
  private static func uses(_ owner: String, _ line: Substring) -> Bool {
    let code = line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex)
    return code.ranges(of: "\(owner).").contains { range in
      guard range.lowerBound > code.startIndex else { return true }
      let before = code[code.index(before: range.lowerBound)]
      return !(before.isLetter || before.isNumber || before == "_" || before == ".")
    }
  }
}
