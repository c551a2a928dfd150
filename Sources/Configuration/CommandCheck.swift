// SPDX-License-Identifier: Apache-2.0
import Speech

/// Sentences of commands and the lists that their slots name.
struct CommandCheck {
  private let settings: Settings
  private let grammar: Result<CommandGrammar, CommandGrammarError>

  init(_ settings: Settings) {
    self.settings = settings
    do throws(CommandGrammarError) {
      grammar = .success(try CommandGrammar(settings.commands, lists: settings.lists))
    } catch {
      grammar = .failure(error)
    }
  }

  func run(_ reader: inout Reader) {
    guard case .failure(let error) = grammar else { return }
    for problem in error.problems {
      switch problem.place {
      case .command(let name, let sentence, _):
        let index = sentence.map { "[\($0 - 1)]" } ?? ""
        let text = sentence.flatMap { self.text(of: name, sentence: $0) }.map { "\(quoted($0)): " } ?? ""
        reader.note(at: "commands.\(name)\(index)", text + problem.text)
      case .list(let name): reader.note(at: "lists.\(name)", problem.text)
      case .grammar: reader.note(at: "commands", problem.text)
      }
    }
  }

  /// The slots that a command fills, with their values; nil when that cannot be known for a mistake in
  /// some sentence.
  func slots(of command: String) -> [String: [String]?]? {
    guard case .success(let grammar) = grammar else { return nil }
    return grammar.slots(of: command)
  }

  private func text(of command: String, sentence: Int) -> String? {
    let sentences = settings.commands.first { $0.name == command }?.sentences ?? []
    return sentences.indices.contains(sentence - 1) ? sentences[sentence - 1] : nil
  }
}
