// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

@testable import Configuration

@Suite struct YAMLWriterTests {
  /// Alone, at either end, within, and as a mark that belongs to a quote.
  @Test func whateverATextIsMadeOfItReadsBackTheSame() throws {
    let ranges: [ClosedRange<UInt32>] = [0...0x36F, 0x2000...0x206F, 0xFEFF...0xFEFF, 0xFFF0...0x1_000F]
    for scalar in ranges.joined().compactMap(Unicode.Scalar.init) {
      let ends = ["\(scalar)", "\(scalar) x", "x \(scalar)", " \(scalar)", "\(scalar) "]
      let within = ["x\(scalar)y", "\"\(scalar)", "x:\(scalar)", "\r\(scalar)", "- \(scalar)", "? \(scalar)"]
      for text in ends + within {
        let node = YAMLNode.scalar(text, isPlain: false, YAMLMark())
        let list = YAMLNode.list([node, node], YAMLMark())
        let tree = YAMLNode.map(
          [YAMLEntry(key: text, value: node), YAMLEntry(key: "list", value: list)], YAMLMark())
        let written = YAMLWriter.lines(tree).joined(separator: "\n")
        let document = YAMLDocument(written + "\n")
        #expect(document.problems == [], "\(written.debugDescription)")
        // Canonically equal texts are equal, but not the same.
        let read = document.root.map(Self.texts)?.map { Array($0.unicodeScalars) }
        let expected = [text, text, "list", text, text].map { Array($0.unicodeScalars) }
        #expect(read == expected, "\(written.debugDescription)")
      }
    }
  }

  private static func texts(_ node: YAMLNode) -> [String] {
    switch node {
    case .scalar(let text, _, _): [text]
    case .list(let items, _): items.flatMap(texts)
    case .map(let entries, _): entries.flatMap { [$0.key] + texts($0.value) }
    case .invalid: []
    }
  }
}
