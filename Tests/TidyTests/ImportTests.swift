// SPDX-License-Identifier: Apache-2.0
import Testing

/// Who may import whom, as docs/architecture.md has it. A wrapper that sees the loop, or a pure machine
/// that sees the operating system, is a mistake that builds well.
@Suite struct ImportTests {
  struct Layer: Sendable {
    var targets: [String]
    var mayImport: [String]
  }

  private static let foundations = ["Time", "Posix", "Log", "Loop"]
  private static let wrappers = [
    "ALSA", "GPIO", "Camera", "DSP", "YAML", "JSON", "PocketSphinx", "Synthesis",
    "HTTPClient", "HTTPServer", "SQLite", "Crypto",
  ]
  private static let pure = ["Intents", "Speech", "Automation"]
  private static let protocols = ["Wyoming", "WyomingTransport", "HTTPTransport", "Workers"]

  static let layers = [
    Layer(targets: ["Time", "Spelling"], mayImport: []),
    Layer(targets: ["Posix"], mayImport: ["CLinux", "Glibc"]),
    Layer(
      targets: ["Log", "Loop"],
      mayImport: ["CLinux", "Glibc", "Dispatch", "Synchronization", "Posix", "Spelling", "Time"]),
    Layer(targets: ["ALSA"], mayImport: ["CALSA", "Glibc", "Spelling"]),
    Layer(targets: ["GPIO"], mayImport: ["CGPIOD", "Glibc", "Spelling"]),
    Layer(targets: ["Camera"], mayImport: ["CLinux", "Glibc"]),
    Layer(targets: ["DSP"], mayImport: ["CSpeexDSP", "Glibc"]),
    Layer(targets: ["YAML"], mayImport: ["CYAML", "Spelling"]),
    Layer(targets: ["JSON"], mayImport: []),
    Layer(targets: ["HTTPClient"], mayImport: ["CCurl"]),
    Layer(targets: ["HTTPServer"], mayImport: ["CMicroHTTPD"]),
    Layer(targets: ["SQLite"], mayImport: ["CSQLite"]),
    Layer(targets: ["Crypto"], mayImport: ["CNettle"]),
    Layer(targets: ["Store"], mayImport: ["CLinux", "Glibc", "Crypto", "JSON", "SQLite"] + foundations),
    Layer(targets: ["PocketSphinx"], mayImport: ["CPocketSphinx", "Glibc"]),
    Layer(targets: ["Synthesis"], mayImport: ["CFlite", "CEspeakNG", "Glibc"]),
    Layer(targets: ["Intents"], mayImport: ["Time"]),
    Layer(targets: ["Speech"], mayImport: ["Intents", "Spelling", "Time"]),
    Layer(targets: ["Automation"], mayImport: ["Intents", "JSON", "Spelling", "Time"]),
    Layer(targets: ["Wyoming"], mayImport: ["JSON"]),
    Layer(targets: ["Configuration"], mayImport: ["YAML", "Glibc", "Posix", "Spelling", "Time"] + pure),
    Layer(targets: ["WyomingTransport"], mayImport: ["Wyoming", "JSON", "Glibc"] + foundations),
    Layer(targets: ["HTTPTransport"], mayImport: ["HTTPClient"] + foundations),
    Layer(
      targets: ["Workers"],
      mayImport: [
        "HTTPClient", "HTTPTransport", "Wyoming", "WyomingTransport", "JSON", "Glibc", "Spelling",
      ] + foundations + pure),
    Layer(
      targets: ["Runtime", "Simulation", "Simulator", "SpeechWorker", "mtor", "mtor-speech", "mtor-sim"],
      mayImport: [
        "Configuration", "Glibc", "Dispatch", "Synchronization", "Runtime", "Simulation", "Simulator",
        "SpeechWorker", "Spelling", "Store",
      ]
        + foundations + wrappers + pure + protocols),
  ]

  @Test func everyTargetImportsOnlyWhatItsLayerMay() {
    for file in SourceTree.shared.files where file.isSwift && file.path.hasPrefix("Sources/") {
      guard let layer = Self.layers.first(where: { $0.targets.contains(file.target) }) else {
        Issue.record("\(file.path): target \(file.target) has no layer; add it to this table")
        continue
      }
      for module in Self.imports(file) where !layer.mayImport.contains(module) {
        Issue.record("\(file.path): \(file.target) may not import \(module)")
      }
    }
  }

  @Test func cModulesAreImportedInternally() {
    for file in SourceTree.shared.files where file.isSwift && file.path.hasPrefix("Sources/") {
      for line in file.lines where line.hasPrefix("import C") || line.hasPrefix("public import C") {
        let module = line.split(separator: " ").last.map(String.init) ?? ""
        if module.dropFirst().first?.isUppercase == true, module != "Configuration" {
          Issue.record("\(file.path): write 'internal import \(module)', so that no C type leaves the module")
        }
      }
    }
  }

  private static func imports(_ file: SourceTree.File) -> [String] {
    file.lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index <= 1,
        index == 0 || words[0].hasPrefix("@") || ["internal", "private", "public"].contains(words[0])
      else { return nil }
      return words.last.map(String.init)
    }
  }
}
