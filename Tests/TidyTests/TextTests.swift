// SPDX-License-Identifier: Apache-2.0
import Testing

/// What every text of the repository has in common.
@Suite struct TextTests {
  static let lineLengthMax = 110

  @Test func everySourceNamesItsLicence() {
    let kinds = [".swift", ".c", ".h", ".py"]
    for file in SourceTree.shared.files {
      let isSource = kinds.contains { file.path.hasSuffix($0) } || file.text.hasPrefix("#!")
      if !isSource { continue }
      let isNamed = file.lines.prefix(2).contains { $0.contains("SPDX-License-Identifier: Apache-2.0") }
      if !isNamed { Issue.record("\(file.path): the first line must be an SPDX licence identifier") }
    }
  }

  @Test func linesAreCleanAndShort() {
    for file in SourceTree.shared.files {
      if !file.text.isEmpty && !file.text.hasSuffix("\n") {
        Issue.record("\(file.path): no newline at the end")
      }
      if file.text.hasSuffix("\n\n") { Issue.record("\(file.path): empty lines at the end") }
      for (index, line) in file.lines.enumerated() {
        let place = "\(file.path):\(index + 1)"
        if line.last == " " || line.last == "\t" { Issue.record("\(place): white space at the end") }
        if file.isSwift && line.contains("\t") { Issue.record("\(place): a tab; use spaces") }
        if file.isSwift && line.count > Self.lineLengthMax && !Self.isText(line) {
          Issue.record("\(place): \(line.count) columns; at most \(Self.lineLengthMax)")
        }
      }
    }
  }

  /// A literal cannot be broken without changing it: texts may be longer, code may not.
  private static func isText(_ line: Substring) -> Bool {
    line.code.count <= lineLengthMax / 2 || !line.contains(where: { "=(){}".contains($0) })
      || line.first(where: { $0 != " " }) == "|" || line.contains(".yml:")
  }

  @Test func nothingTellsAboutTheMachineItWasWrittenOn() {
    // In pieces, so that this file does not find itself.
    let words = ["/wor" + "k/", "/tmp/w" + "t/", "../sha" + "red", "/roo" + "t/", "TO" + "DO", "FIX" + "ME"]
    for file in SourceTree.shared.files {
      for (index, line) in file.lines.enumerated() {
        for word in words where line.contains(word) {
          Issue.record("\(file.path):\(index + 1): '\(word)' does not belong here")
        }
      }
    }
  }
}
