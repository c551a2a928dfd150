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

  /// The library would crash or exit on some of these.
  @Test(arguments: DamagedModel.acousticFiles, DamagedModel.Damage.allCases)
  func damagedFilesAreRefusedByName(_ name: String, _ damage: DamagedModel.Damage) throws {
    let directory = TemporaryDirectory()
    let model = try DamagedModel.make(name, damage, in: directory)
    let error = thrown(PocketSphinxError.self) { try ModelCheck.acousticModel(model) }
    let text = try #require(error).description
    #expect(text.contains("/en-us/en-us/\(name)"), "\(text)")
    #expect(text.contains("pocketsphinx-en-us"), "\(text)")
  }

  @Test func aShortenedLanguageModelIsRefused() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("phone.lm.bin")
    try DamagedModel.copy(SpeechModel().phoneModel, to: path, bytes: 400_000)
    #expect(throws: PocketSphinxError.self) { try ModelCheck.languageModel(path) }
    directory.write("text.lm", "this is no language model, however long it may be: 0123456789 0123456789")
    #expect(throws: PocketSphinxError.self) { try ModelCheck.languageModel(directory.file("text.lm")) }
  }
}
