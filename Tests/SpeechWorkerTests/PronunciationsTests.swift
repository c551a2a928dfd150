// SPDX-License-Identifier: Apache-2.0
import PocketSphinx
import SpeechWorker
import TestSupport
import Testing

extension SpeechWorkerTests {
  @Suite struct PronunciationsTests {
    private let phones: Set<String> = [
      "AA", "AE", "AH", "AO", "AY1", "EH", "ER", "EY", "F", "HH", "IY", "K", "L", "N", "P", "R", "S", "T",
      "W",
    ]

    /// The lines that variants add to those of the dictionary.
    private func added(_ dictionary: String, _ words: String, phones: Set<String>? = nil) throws -> [String] {
      let directory = TemporaryDirectory()
      directory.write("words.dict", dictionary)
      func lines(variants: Bool) throws -> [String] {
        let found = try Pronunciations(
          of: words.split(separator: " ").map(String.init), in: directory.file("words.dict"),
          phones: phones ?? self.phones, variants: variants)
        return found.text.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
      }
      let (usual, all) = (try lines(variants: false), try lines(variants: true))
      #expect(Array(all.prefix(usual.count)) == usual)
      return Array(all.dropFirst(usual.count))
    }

    @Test(
      arguments: [
        // An "h" at the beginning, and a voiceless stop after a consonant at the end, are what noise covers.
        ("help HH EH L P", ["help(2) EH L P", "help(3) HH EH L", "help(4) EH L"]),
        ("heater HH IY T ER", ["heater(2) IY T ER"]),
        ("start S T AA R T", ["start(2) S T AA R"]),
        // "cot" and "caught".
        ("off AO F", ["off(2) AA F"]),
        (
          "hallway HH AO L W EY", ["hallway(2) AO L W EY", "hallway(3) HH AA L W EY", "hallway(4) AA L W EY"]
        ),
        // Nothing to leave out, or nothing would be left.
        ("four F AO R", []), ("light L AY1 T", []), ("eight EY T", []), ("hey HH EY", []), ("no N AA", []),
      ] as [(String, [String])])
    func wordsAreHeardAsNoiseLeavesThem(line: String, expected: [String]) throws {
      let word = String(line.prefix { $0 != " " })
      #expect(try added(line + "\n", word).sorted() == expected.sorted())
      #expect(try added(line + "\n", "other").isEmpty)
    }

    @Test func variantsHaveNamesAndSoundsOfTheirOwn() throws {
      let dictionary = "help HH EH L P\nhelp(3) EH L P\nhelp(4) AA\nhelper EH L\n"
      #expect(try added(dictionary, "help helper") == ["help(2) HH EH L"])
      #expect(try added("off AO F\n", "off", phones: ["AO", "F"]).isEmpty, "the model has no such phone")
    }

    @Test func wordsNeverBecomeAlike() throws {
      // What another word is already; what another could be as well.
      #expect(try added("hall HH AO L\nall AO L\n", "hall all") == ["hall(2) HH AA L"])
      #expect(try added("start S T AA R T\nstar S T AA R\n", "start star").isEmpty)
      #expect(try added("past P AE S T\npass P AE S\n", "past") == ["past(2) P AE S"])
    }

    @Test func linesEndAsFilesDo() throws {
      #expect(try added("off AO F\r\nhelp\tHH EH L P\r\n", "off help").count == 4)
    }

    @Test func aLineWithoutAWordIsNone() throws {
      let directory = TemporaryDirectory()
      directory.write("words.dict", "  off AO F\n(2) AO F\n")
      let found = try Pronunciations(of: [""], in: directory.file("words.dict"), phones: phones)
      #expect(found.text.isEmpty)
      #expect(found.unknown == [""])
    }

    /// "help" was heard as "no" in each of these.
    @Test(arguments: [("slt", 1_000), ("kal16", 800), ("awb", 600)])
    func shortWordsAreHeardInNoise(voice: String, level: Int) throws {
      let model = SpeechModel()
      let text = "#JSGF V1.0;\ngrammar words;\npublic <word> = help | no | yes | stop | next song;\n"
      func heard(_ word: String, _ level: Int) throws -> String {
        let recognizer = try GrammarRecognizer(
          model: model, checked: ModelCheck.acousticModel(model),
          grammar: GrammarFile(text: text, name: "words"), name: "words")
        return try recognizer.hear(Spoken.noisy(Spoken.samples(word, voice: voice), level: level)).text
      }
      #expect(try heard("help", level) == "help")
      #expect(try heard("no", 100) == "no")
    }
  }
}
