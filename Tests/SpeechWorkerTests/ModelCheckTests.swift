// SPDX-License-Identifier: Apache-2.0
import Glibc
import PocketSphinx
import TestSupport
import Testing

struct ModelCheckTests {
  @Test func debiansModelIsWhole() throws {
    let model = SpeechModel()
    let summary = try ModelCheck.acousticModel(model)
    #expect(summary.phones.count == 42)
    #expect(summary.senoneCount == 5_126)
    try ModelCheck.languageModel(model.phoneModel)
    try ModelCheck.languageModel(model.languageModel)
  }

  enum Damage: CaseIterable { case missing, empty, truncated, overwritten }

  /// The library would crash or exit on some of these.
  @Test(arguments: ["mdef", "means", "variances", "transition_matrices", "sendump"], Damage.allCases)
  func damagedFilesAreRefusedByName(_ name: String, _ damage: Damage) throws {
    let directory = TemporaryDirectory()
    let model = try damaged(name, damage, in: directory)
    let error = thrown(PocketSphinxError.self) { try ModelCheck.acousticModel(model) }
    let text = try #require(error).description
    #expect(text.contains("/en-us/en-us/\(name)"), "\(text)")
    #expect(text.contains("pocketsphinx-en-us"), "\(text)")
  }

  @Test func aShortenedLanguageModelIsRefused() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("phone.lm.bin")
    try copy(SpeechModel().phoneModel, to: path, bytes: 400_000)
    #expect(throws: PocketSphinxError.self) { try ModelCheck.languageModel(path) }
    directory.write("text.lm", "this is no language model, however long it may be: 0123456789 0123456789")
    #expect(throws: PocketSphinxError.self) { try ModelCheck.languageModel(directory.file("text.lm")) }
  }

  private func damaged(
    _ name: String, _ damage: Damage, in directory: TemporaryDirectory
  ) throws -> SpeechModel {
    let whole = SpeechModel()
    let model = SpeechModel(folder: directory.file("en-us"))
    mkdir(model.folder, 0o755)
    mkdir(model.acousticModel, 0o755)
    for file in ["mdef", "means", "variances", "transition_matrices", "sendump", "feat.params"] {
      symlink("\(whole.acousticModel)/\(file)", "\(model.acousticModel)/\(file)")
    }
    let path = "\(model.acousticModel)/\(name)"
    unlink(path)
    switch damage {
    case .missing: break
    case .empty: try copy("/dev/null", to: path, bytes: 0)
    case .truncated: try copy("\(whole.acousticModel)/\(name)", to: path, bytes: 1_900)
    case .overwritten:
      try copy("\(whole.acousticModel)/\(name)", to: path, bytes: .max)
      try overwrite(path, at: name == "sendump" ? 640 - 8 : 1_500)
    }
    return model
  }

  private func copy(_ source: String, to target: String, bytes: Int) throws {
    let input = try #require(fopen(source, "r"))
    let output = try #require(fopen(target, "w"))
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var left = bytes
    while left > 0 {
      let count = fread(&buffer, 1, min(buffer.count, left), input)
      if count == 0 { break }
      fwrite(buffer, 1, count, output)
      left -= count
    }
    fclose(input)
    fclose(output)
  }

  private func overwrite(_ path: String, at offset: Int) throws {
    let file = try #require(fopen(path, "r+"))
    fseek(file, offset, SEEK_SET)
    fputs("damage", file)
    fclose(file)
  }
}
