// SPDX-License-Identifier: Apache-2.0
import Speech

/// Reads `commands.txt`: `list = value | …` and `command: sentence template`, # for a comment.
enum CommandsFile {
  static func grammar(_ path: String) throws -> CommandGrammar {
    var lists: [String: [String]] = [:]
    var commands: [CommandDefinition] = []
    let text = String(decoding: try Recording.load(path), as: UTF8.self)
    for line in text.split(separator: "\n") where line.first != "#" {
      if let (name, values) = parts(line, "=") {
        lists[name] = values.split(separator: "|").map(trimmed)
      } else if let (name, sentence) = parts(line, ":") {
        let index = commands.firstIndex { $0.name == name }
        if let index { commands[index].sentences.append(sentence) }
        if index == nil { commands.append(CommandDefinition(name: name, sentences: [sentence])) }
      } else {
        throw Failure("\(path): neither 'list = …' nor 'command: …': \(line)")
      }
    }
    return try CommandGrammar(commands, lists: lists)
  }

  /// What is before and after the first separator that follows a name.
  private static func parts(_ line: Substring, _ separator: Character) -> (String, String)? {
    guard let index = line.firstIndex(of: separator) else { return nil }
    let name = trimmed(line[..<index])
    guard name.allSatisfy({ $0.isLetter || $0 == "_" }) else { return nil }
    return (name, trimmed(line[line.index(after: index)...]))
  }

  private static func trimmed(_ text: Substring) -> String {
    text.split(separator: " ").joined(separator: " ")
  }
}
