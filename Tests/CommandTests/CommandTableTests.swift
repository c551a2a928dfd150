// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import mtor

/// What holds for every command, whoever adds it.
@Suite struct CommandTableTests {
  @Test func everyHelpFitsTheTerminalAndShowsAnExample() {
    for command in Commands.all {
      let text = HelpText.text(command)
      let tooLong = text.split(separator: "\n").filter { $0.count > HelpText.width && !$0.hasPrefix("Usage") }
      #expect(tooLong == [], "\(command.name)")
      #expect(command.isHidden || !command.examples.isEmpty, "\(command.name) has no example")
      #expect(!command.summary.hasSuffix("."), "\(command.name)")
    }
    #expect(HelpText.overview(Commands.all).split(separator: "\n").allSatisfy { $0.count <= HelpText.width })
  }

  @Test func theExamplesOfEveryCommandAreGoodCommandLines() throws {
    let parser = ArgumentParser(commands: Commands.all)
    for example in Commands.all.flatMap(\.examples) where example.line.hasPrefix("mtor ") {
      let line = example.line.split { "|><;&".contains($0) }.first ?? ""
      let words = ShellWords.split(String(line.dropFirst("mtor ".count)))
      #expect(throws: Never.self, "\(example.line)") { _ = try parser.parse(words) }
    }
  }

  @Test func namesOfCommandsAndOptionsAreUnique() {
    let names = Commands.all.map(\.name)
    #expect(Set(names).count == names.count)
    for command in Commands.all {
      let options = command.options.map(\.name) + command.options.compactMap { $0.short.map(String.init) }
      #expect(Set(options).count == options.count, "\(command.name)")
      #expect(!options.contains("help") && !options.contains("h"), "\(command.name): --help is always there")
    }
  }

  @Test func tablesFitTheTerminalAndWrapTheLastColumn() {
    var table = TextTable("name", "meaning")
    table.add("a", String(repeating: "word ", count: 30))
    table.add("longer")
    let lines = table.text().split(separator: "\n")
    #expect(lines[0] == "NAME    MEANING")
    #expect(lines.allSatisfy { $0.count <= 80 && $0.last != " " })
    #expect(lines.count == 5)
    #expect(TextTable("empty").text() == "")
  }
}

/// Words of a command line with quotes, as a shell would see them.
enum ShellWords {
  static func split(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      switch (character, quote) {
      case (quote, .some): quote = nil
      case ("\"", nil), ("'", nil):
        quote = character
        word = word ?? ""
      case (" ", nil):
        if let finished = word { words.append(finished) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }
}
