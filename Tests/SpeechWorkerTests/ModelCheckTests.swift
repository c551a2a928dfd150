// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import PocketSphinx

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

  /// Its own count says otherwise than the phone table: the library would read beyond its end.
  @Test func transitionsOfAnotherModelAreRefused() throws {
    let directory = TemporaryDirectory()
    let model = try DamagedModel.make("transition_matrices", .overwritten, in: directory)
    let path = "\(model.acousticModel)/transition_matrices"
    try DamagedModel.copy("\(SpeechModel().acousticModel)/transition_matrices", to: path, bytes: .max)
    let file = try #require(fopen(path, "r+"))
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil, strstr(line, "endhdr") == nil {}
    // After the mark of the byte order.
    fseek(file, 4, SEEK_CUR)
    fputc(41, file)
    fclose(file)
    let error = thrown(PocketSphinxError.self) { try ModelCheck.acousticModel(model) }
    #expect(error?.description.contains("/transition_matrices") == true, "\(String(describing: error))")
  }

  @Test func withoutADescriptorThereIsNoFileInMemory() {
    let error = thrown(PocketSphinxError.self) {
      _ = try MemoryFile("words", [1]) { _ in
        errno = EMFILE
        return -1
      }
    }
    #expect(error?.description.contains("Too many open files") == true, "\(String(describing: error))")
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
