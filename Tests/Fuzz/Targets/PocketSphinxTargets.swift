// SPDX-License-Identifier: Apache-2.0
import PocketSphinx

extension FuzzTarget {
  /// A grammar as the user may write it.
  static let jsgf = FuzzTarget("jsgf") { input in
    let text = text(input)
    do throws(PocketSphinxError) {
      let grammar = try GrammarFile(text: text, name: "f")
      // By bytes: a word may begin with an accent.
      let bytes = [UInt8](text.utf8)
      let isOfText = grammar.words.allSatisfy { bytes.contains([UInt8]($0.utf8)) }
      Promise.holds(isOfText, "words are of the text")
    } catch {
      guard case .badGrammar("f", let line, let reason) = error else {
        return Promise.holds(false, "a grammar is refused as such: \(error)")
      }
      let lines = text.utf8.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
      Promise.holds(line.map { (1...lines).contains($0) } ?? true, "line \(line ?? 0) of \(lines): \(reason)")
      Promise.holds(reason.utf8.count <= 1000, "a reason is short: \(reason)")
    }
  }

  /// A pronouncing dictionary.
  static let pronunciations = FuzzTarget("pronunciations") { input in
    var scratch = Scratch()
    let words = ["the", "light", "turn", "é", ""]
    let path = scratch.write("dictionary", [UInt8](input))
    let phones: Set = ["AA", "AH", "AO", "AY", "DH", "HH", "L", "T"]
    guard let found = try? Pronunciations(of: words, in: path, phones: phones),
      let more = try? Pronunciations(of: words, in: path, phones: phones, variants: true)
    else { return Promise.holds(input.isEmpty, "only an empty dictionary is refused") }
    checkVariants(Array(more.text.dropFirst(found.text.count)), of: words, found.text)
    let lines = Set(input.split(separator: 0x0A).map([UInt8].init))
    for line in found.text.split(separator: 0x0A) {
      Promise.holds(lines.contains(Array(line)), "every line is one of the dictionary's")
    }
    Promise.holds(Set(words).isSuperset(of: found.unknown), "\(found.unknown) were asked for")
  }

  private static func checkVariants(_ variants: [UInt8], of words: [String], _ text: [UInt8]) {
    func names(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
      text.split(separator: 0x0A).compactMap { $0.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.first }
    }
    let (known, new) = (Set(names(text)), names(variants))
    Promise.holds(Set(new).count == new.count && known.isDisjoint(with: new), "each variant has its own name")
    for name in new {
      let word = String(decoding: name.prefix { $0 != 0x28 }, as: UTF8.self)
      Promise.holds(words.contains(word), "\(word) was asked for")
    }
  }

  /// One file of an otherwise good model: the first byte says which.
  static let model = FuzzTarget("model") { input in
    guard let first = input.first else { return }
    let names = SmallModel.files.map(\.name)
    let choice = Int(first) % (names.count + 1)
    let bytes = Array(input.dropFirst())
    var scratch = Scratch()
    if choice == names.count {
      checkLanguageModel(scratch.write("phone.lm.bin", bytes))
      return
    }
    let folder = scratch.path
    let model = SpeechModel(folder: folder)
    scratch.makeFolder(model.name)
    for (name, content) in SmallModel.files {
      scratch.write("\(model.name)/\(name)", name == names[choice] ? bytes : content)
    }
    do throws(PocketSphinxError) {
      let summary = try ModelCheck.acousticModel(model)
      Promise.holds(summary.phones.count <= 1000 && summary.senoneCount <= 1_000_000, "\(summary)")
    } catch { checkPath(error, below: folder) }
  }

  private static func checkLanguageModel(_ path: String) {
    do throws(PocketSphinxError) {
      try ModelCheck.languageModel(path)
    } catch { checkPath(error, below: path) }
  }

  private static func checkPath(_ error: PocketSphinxError, below folder: String) {
    switch error {
    case .modelDamaged(let path, let reason), .modelMissing(let path, let reason):
      Promise.holds(path.hasPrefix(folder) && !reason.isEmpty, "\(error) names the file")
    default: Promise.holds(false, "a model is refused as such: \(error)")
    }
  }
}

/// The smallest model that passes the check: two phones, four senones.
private enum SmallModel {
  static let files: [(name: String, content: [UInt8])] = [
    ("feat.params", Array("-lowerf 1\n".utf8)), ("mdef", definition), ("means", gaussians),
    ("variances", gaussians), ("transition_matrices", transitions), ("sendump", weights),
  ]

  private static func int(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func text(_ text: String) -> [UInt8] { int(text.utf8.count) + Array(text.utf8) }

  /// Header; phones, triphones, states, –, senones, –, sequences, –, tree nodes, –; names; tables.
  private static let definition: [UInt8] = {
    let counts = [2, 2, 3, 0, 4, 0, 2, 0, 1, 0].flatMap(int)
    let names = Array("AH\0T\0".utf8) + [0, 0, 0]
    let tables = [UInt8](repeating: 0, count: 8 + 24 + 4 + 2 * 3 * 2)
    return int(0x46_44_4D_42) + int(1) + int(0) + counts + names + tables
  }()

  private static let gaussians = s3(int(1) + int(1) + int(1) + int(2), floats: 2)
  private static let transitions = s3(int(2) + int(3) + int(4), floats: 24)

  private static func s3(_ dimensions: [UInt8], floats: Int) -> [UInt8] {
    let body = dimensions + int(floats) + [UInt8](repeating: 1, count: 4 * floats)
    var sum: UInt32 = 0
    for offset in stride(from: 0, to: body.count, by: 4) {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(body[offset + $1]) << (8 * UInt32($1)) }
      sum = (sum << 20 | sum >> 12) &+ word
    }
    return Array("s3\nversion 1.0\nendhdr\n".utf8) + int(0x1122_3344) + body + int(Int(sum))
  }

  private static let weights: [UInt8] =
    text("feature_count 1") + int(0) + int(2) + int(4) + [UInt8](repeating: 3, count: 8)
}
