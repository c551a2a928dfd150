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

  /// The library would end the program.
  @Test(arguments: [
    "-feat 2s_c", "-feat", "-agc loud", "-cmn sometimes", "-transform fourier", "-svspec 0-12/13-25/26-x",
    "-svspec 0-12/12-25", "-svspec 12-0", "-svspec 0-12//13-25", "-svspec 0-99999999", "-svspec 1-2-3",
  ])
  func parametersThatTheLibraryDoesNotKnowAreRefused(_ line: String) throws {
    let directory = TemporaryDirectory()
    let model = try DamagedModel.make("feat.params", in: directory) { file in
      fseek(file, 0, SEEK_END)
      fputs("\(line)\n", file)
    }
    let error = try #require(thrown(PocketSphinxError.self) { try ModelCheck.acousticModel(model) })
    #expect("\(error)".contains("/feat.params") && "\(error)".contains("pocketsphinx-en-us"), "\(error)")
    #expect("\(error)".contains(line == "-feat" ? "a value each" : line), "\(error)")
  }

  /// Its own count says otherwise than the phone table: the library would read beyond its end.
  @Test func transitionsOfAnotherModelAreRefused() throws {
    let directory = TemporaryDirectory()
    let model = try DamagedModel.make("transition_matrices", in: directory) { file in
      var line = [CChar](repeating: 0, count: 256)
      while fgets(&line, 256, file) != nil, strstr(line, "endhdr") == nil {}
      // After the mark of the byte order.
      fseek(file, 4, SEEK_CUR)
      fputc(41, file)
    }
    let error = thrown(PocketSphinxError.self) { try ModelCheck.acousticModel(model) }
    #expect(error?.description.contains("/transition_matrices") == true, "\(String(describing: error))")
  }

  /// For another number of states than the phone table has.
  @Test func weightsOfAnotherModelAreRefused() throws {
    let directory = TemporaryDirectory()
    let model = try DamagedModel.make("sendump", in: directory) { file in
      // The lowest byte of 5126.
      fseek(file, 636, SEEK_SET)
      fputc(7, file)
    }
    let error = try #require(thrown(PocketSphinxError.self) { try ModelCheck.acousticModel(model) })
    #expect("\(error)".contains("/sendump") && "\(error)".contains("the phone table"), "\(error)")
  }

  /// A file that few models have, which the library finds by itself.
  @Test func aModelThatTheLibraryRefusesIsNamed() throws {
    let directory = TemporaryDirectory()
    let model = try DamagedModel.make("feature_transform", .missing, in: directory)
    let file = try #require(fopen("\(model.acousticModel)/feature_transform", "w"))
    // No byte order.
    fputs("s3\nversion 0.1\nendhdr\n", file)
    fclose(file)
    let checked = try ModelCheck.acousticModel(model)
    let words = try Pronunciations(of: ["stop"], in: model.dictionary, phones: checked.phones)
    let error = try #require(thrown(PocketSphinxError.self) { _ = try Decoder(model, words) })
    #expect("\(error)".contains("load \(model.acousticModel)"), "\(error)")
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
