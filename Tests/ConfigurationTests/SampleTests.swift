// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Configuration

@Suite struct SampleTests {
  private let reader = ConfigurationReader(boards: BoardCatalog(directories: []))

  @Test func theSampleIsAGoodConfiguration() throws {
    let settings = try reader.read(text: ConfigurationTexts.sample, name: "sample")
    #expect(settings.commands.count >= 12)
    #expect(settings.notes == [])
    #expect(settings.board == "sim")
  }

  @Test func theCommentedOutValuesOfTheSampleAreTheDefaults() throws {
    let sample = ConfigurationTexts.sample
    let lines = sample.split(separator: "\n").map { (text: String($0), uncommented: Self.uncommented($0)) }
    let text = lines.map { $0.uncommented ?? $0.text }.joined(separator: "\n")
    #expect(lines.filter { $0.uncommented != nil }.count > 25)
    #expect(try reader.read(text: text, name: "sample") == reader.read(text: sample, name: "sample"))
  }

  /// `  # key: value` without its sign; nil for other lines.
  private static func uncommented(_ line: Substring) -> String? {
    let indentation = line.prefix { $0 == " " }
    let rest = line.dropFirst(indentation.count)
    guard rest.hasPrefix("# ") else { return nil }
    let content = rest.dropFirst(2)
    guard let colon = content.firstIndex(of: ":"), content.distance(from: colon, to: content.endIndex) > 1
    else { return nil }
    let isKey = content[..<colon].allSatisfy { $0.isLowercase || $0 == "_" }
    return isKey ? String(indentation + content) : nil
  }

  @Test func whatIsInForceReadsBackTheSame() throws {
    for text in ["", ConfigurationTexts.sample] + KeyTests.rows.map(\.good) {
      let settings = try reader.read(text: text, name: "f")
      let effective = ConfigurationTexts.effective(settings)
      let again = try reader.read(text: effective, name: "effective")
      #expect(again == settings, "\(text)\n→\n\(effective)")
    }
  }

  @Test(arguments: [("README.md", 2), ("boards/raspberry-pi.md", 1)])
  func theExamplesOfDocumentsAreGood(_ document: String, _ count: Int) throws {
    let text = try String(decoding: TextFile.read(Repository.path(document)), as: UTF8.self)
    let examples = text.split(separator: "```yaml\n", omittingEmptySubsequences: false).dropFirst()
    #expect(examples.count == count)
    let reader = ConfigurationReader(boards: BoardCatalog(directories: [Repository.path("boards")]))
    for example in examples {
      let yaml = try #require(example.split(separator: "```", maxSplits: 1).first)
      let settings = try reader.read(text: String(yaml), name: document)
      #expect(settings != Settings() && settings.notes == [])
    }
  }

  @Test func docsConfigurationIsUpToDate() throws {
    let written = try String(decoding: TextFile.read(Repository.path("docs/configuration.md")), as: UTF8.self)
    #expect(written == ConfigurationTexts.reference, "run scripts/documents")
  }
}

enum Repository {
  static func path(_ relative: String) -> String {
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/" + relative
  }
}
