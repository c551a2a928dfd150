// SPDX-License-Identifier: Apache-2.0

/// Everything that is wrong with a set of commands and lists.
public struct CommandGrammarError: Error, Equatable, CustomStringConvertible {
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// The command, or the list, it is found in; nil when it is the whole grammar.
    public enum Place: Sendable, Equatable {
      case command(String, sentence: Int?, column: Int?)
      case list(String)
      case grammar
    }

    public var place: Place
    /// What is wrong and what to do.
    public var text: String

    public var description: String {
      switch place {
      case .command(let name, let sentence, let column):
        let inside = sentence.map { ", sentence \($0)" } ?? ""
        let at = column.map { ", column \($0)" } ?? ""
        return "command '\(name)'\(inside)\(at): \(text)"
      case .list(let name): return "list '\(name)': \(text)"
      case .grammar: return "commands: \(text)"
      }
    }
  }

  public var problems: [Problem]

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
