// SPDX-License-Identifier: Apache-2.0
import Testing

/// Documents say what is true of the repository.
@Suite struct DocumentTests {
  private static let folders = [
    "Sources/", "Tests/", "Benchmarks/", "docs/", "boards/", "scripts/", "systemd/",
  ]

  private static var documents: [SourceTree.File] {
    SourceTree.shared.files.filter { $0.path.hasSuffix(".md") }
  }

  @Test func theFilesThatDocumentsNameExist() {
    for document in Self.documents {
      for (index, line) in document.lines.enumerated() {
        for name in Self.names(in: line) where !SourceTree.exists(name) {
          Issue.record("\(document.path):\(index + 1): there is no \(name)")
        }
      }
    }
  }

  @Test func linksBetweenDocumentsLeadSomewhere() {
    for document in Self.documents {
      let folder = document.path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
      for (index, line) in document.lines.enumerated() {
        for link in Self.links(in: line) where !SourceTree.exists(folder + link) {
          Issue.record("\(document.path):\(index + 1): the link to \(link) leads nowhere")
        }
      }
    }
  }

  @Test func linksToASectionLeadToItsHeading() {
    for document in Self.documents {
      let folder = document.path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
      for (index, line) in document.lines.enumerated() {
        for (path, section) in Self.sections(in: line) {
          let target = path.isEmpty ? document.path : SourceTree.normalised(folder + path)
          guard let text = Self.documents.first(where: { $0.path == target }) else { continue }
          let headings = text.lines.filter { $0.hasPrefix("#") }.map(Self.anchor)
          if !headings.contains(section) {
            Issue.record("\(document.path):\(index + 1): \(target) has no section #\(section)")
          }
        }
      }
    }
  }

  @Test func theArchitectureNamesEveryTarget() throws {
    let architecture = Self.documents.first { $0.path == "docs/architecture.md" }
    let text = try #require(architecture?.text, "docs/architecture.md is missing")
    for target in Set(SourceTree.shared.files.filter { $0.path.hasPrefix("Sources/") }.map(\.target)) {
      if !text.contains(target) { Issue.record("docs/architecture.md does not name the target \(target)") }
    }
  }

  @Test func theHeadingsOfTroubleshootingAreTextsOfThePrograms() throws {
    let document = Self.documents.first { $0.path == "docs/troubleshooting.md" }
    let headings = try #require(document).lines.filter { $0.hasPrefix("### ") }
    #expect(headings.count > 30)
    let sources = SourceTree.shared.files.filter {
      $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("scripts/")
    }
    for heading in headings {
      let parts = Self.literals(in: heading)
      #expect(!parts.isEmpty, "\(heading): write a text in backticks")
      if !sources.contains(where: { file in parts.allSatisfy { file.text.contains($0) } }) {
        Issue.record("docs/troubleshooting.md: no program says \(heading.dropFirst(4))")
      }
    }
  }

  /// What stands between the placeholders of a heading, as "### `line … is busy`"; without punctuation alone.
  private static func literals(in heading: Substring) -> [String] {
    guard let text = heading.split(separator: "`").dropFirst().first else { return [] }
    return text.split(separator: "…").map { part in
      let start = part.drop { $0 == " " }
      return String(start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)])
    }.filter { $0.contains(where: \.isLetter) }
  }

  /// Paths in backticks that begin with a folder of the repository; patterns are left out.
  private static func names(in line: Substring) -> [String] {
    let parts = line.split(separator: "`", omittingEmptySubsequences: false)
    return parts.enumerated().compactMap { index, part in
      guard index % 2 == 1, folders.contains(where: { part.hasPrefix($0) }) else { return nil }
      let path = part.split(separator: " ").first ?? part
      return path.contains(where: { "*<>{}…$".contains($0) }) ? nil : String(path)
    }
  }

  /// File and section of links such as `[text](file.md#section)` inside the repository.
  private static func sections(in line: Substring) -> [(path: String, section: String)] {
    line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { part in
      guard let end = part.firstIndex(of: ")"), !part[..<end].contains("://") else { return nil }
      let parts = part[..<end].split(separator: "#", omittingEmptySubsequences: false)
      return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
  }

  /// A heading's anchor, as the usual renderers make it.
  private static func anchor(of heading: Substring) -> String {
    let text = heading.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
    return String(
      text.compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : nil })
  }

  /// Targets of `[text](target)` inside the repository.
  private static func links(in line: Substring) -> [String] {
    line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { part in
      guard let end = part.firstIndex(of: ")") else { return nil }
      let target = part[..<end].split(separator: "#", omittingEmptySubsequences: false).first ?? ""
      return target.isEmpty || target.contains("://") || target.hasPrefix("mailto:") ? nil : String(target)
    }
  }
}
