// SPDX-License-Identifier: Apache-2.0
import Configuration
import YAML

extension FuzzTarget {
  /// A YAML text: a tree, or problems with their places.
  static let yaml = FuzzTarget("yaml") { input in
    let bytes = [UInt8](input)
    let limits = YAMLLimits()
    let document = YAMLDocument(bytes, limits: limits)
    Promise.holds(document.root != nil || !document.problems.isEmpty, "a text without a tree has a problem")
    Promise.holds(document.problems.count <= limits.problemsMax + 1, "the problems are bounded")
    for problem in document.problems { checkPlace(problem.mark, problem.text, in: bytes) }
    document.root.map { checkMarks($0, in: bytes) }
  }

  /// A configuration file: settings that read back when they are written, or problems with their places.
  static let configuration = FuzzTarget("configuration") { input in
    let bytes = [UInt8](input)
    let reader = ConfigurationReader(boards: BoardCatalog(directories: []))
    let read = { (bytes: [UInt8]) throws(ConfigurationProblems) in try reader.read(bytes: bytes, name: "f") }
    guard let settings = settings(bytes, read) else { return }
    _ = settings.notes
    let text = ConfigurationTexts.effective(settings)
    do throws(ConfigurationProblems) {
      let again = try reader.read(text: text, name: "effective")
      Promise.holds(again == settings, "what is in force reads back the same:\n\(text)")
    } catch { Promise.holds(false, "what is in force can be read: \(error)\n\(text)") }
  }

  /// A board's profile, below a configuration that asks for it.
  static let board = FuzzTarget("board") { input in
    var scratch = Scratch()
    let bytes = [UInt8](input)
    let file = scratch.write("fuzz.yml", bytes)
    let reader = ConfigurationReader(boards: BoardCatalog(directories: [scratch.path]))
    let text = "gpio: {a: {input: GPIO17}, b: {led: ACT}, c: {output: 5}}"
    _ = settings(bytes, file: file) { (_) throws(ConfigurationProblems) in
      try reader.read(text: text, name: "f", board: "fuzz")
    }
  }

  /// Longest text of one problem: a screenful. Offending texts are quoted in part.
  private static let problemBytesMax = 2000

  private static func settings(
    _ bytes: [UInt8], file: String = "f", _ read: ([UInt8]) throws(ConfigurationProblems) -> Settings
  ) -> Settings? {
    do throws(ConfigurationProblems) {
      return try read(bytes)
    } catch {
      Promise.holds(!error.problems.isEmpty, "what is refused has a problem")
      for problem in error.problems {
        Promise.holds(!problem.file.isEmpty, "a problem names its file: \(problem)")
        if problem.file == file, let mark = problem.mark { checkPlace(mark, problem.text, in: bytes) }
      }
      return nil
    }
  }

  private static func checkPlace(_ mark: YAMLMark, _ text: String, in bytes: [UInt8]) {
    let lines = bytes.reduce(1) { $0 + ($1 == 0x0A || $1 == 0x0D ? 1 : 0) }
    // Two more for the separators that only YAML takes for the end of a line.
    let more = bytes.indices.count { bytes[$0] == 0xC2 || bytes[$0] == 0xE2 }
    Promise.holds((1...lines + more + 1).contains(mark.line), "line \(mark.line) is in the text: \(text)")
    Promise.holds((1...bytes.count + 2).contains(mark.column), "column \(mark.column): \(text)")
    Promise.holds(!text.isEmpty, "a problem has a text")
    Promise.holds(text.utf8.count <= problemBytesMax, "a problem's text is short: \(text)")
  }

  private static func checkMarks(_ node: YAMLNode, in bytes: [UInt8]) {
    checkPlace(node.mark, "node", in: bytes)
    switch node {
    case .list(let items, _): items.forEach { checkMarks($0, in: bytes) }
    case .map(let entries, _): entries.forEach { checkMarks($0.value, in: bytes) }
    case .scalar, .invalid: break
    }
  }
}
