// SPDX-License-Identifier: Apache-2.0
import Configuration
import Spelling

/// `--help` for the whole and for each command, at most 80 columns wide.
enum HelpText {
  static let width = 80

  static func overview(_ commands: [Command]) -> String {
    let rows = commands.filter { !$0.isHidden }.map { ($0.name, $0.summary) }
    return """
      mtor listens, feels and acts: a voice assistant, sensor node and automation
      runtime for small Linux boards. It needs no network.

      Usage: mtor COMMAND [OPTION…] [ARGUMENT…]

      \(pairs(rows))

      `mtor COMMAND --help` tells more, with examples. `man mtor` has it all.

      """
  }

  static func text(_ command: Command) -> String {
    var parts = ["Usage: \(usage(command))", paragraphs(command.details)]
    if !command.arguments.isEmpty {
      parts.append("Arguments:\n" + pairs(command.arguments.map { ($0.name, $0.meaning) }))
    }
    parts.append("Options:\n" + pairs((command.options + [.help]).map { (spelling($0), meaning($0)) }))
    if !command.examples.isEmpty {
      let lines = command.examples.map { "  \($0.line)\n" + indented($0.meaning, by: 6) }
      parts.append("Examples:\n" + lines.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  static func usage(_ command: Command) -> String {
    let options = command.options.isEmpty ? [] : ["[OPTION…]"]
    let arguments = command.arguments.map { argument in
      switch argument.count {
      case .one: argument.name
      case .optional: "[\(argument.name)]"
      case .many: "\(argument.name)…"
      case .any: "[\(argument.name)…]"
      }
    }
    return (["mtor", command.name] + options + arguments).joined(separator: " ")
  }

  static func spelling(_ option: Option) -> String {
    let short = option.short.map { "-\($0), " } ?? ""
    return short + "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
  }

  static func meaning(_ option: Option) -> String {
    option.choices.isEmpty
      ? option.meaning : "\(option.meaning) One of \(option.choices.joined(separator: ", "))."
  }

  static func paragraphs(_ text: String) -> String {
    let blocks = text.parts(separatedBy: "\n\n")
    return blocks.map { block in
      TextWrap.lines(block.split(separator: "\n").joined(separator: " "), width: width).joined(
        separator: "\n")
    }
    .joined(separator: "\n\n")
  }

  /// Two columns; what is too long for the left one goes on its own line.
  private static func pairs(_ rows: [(String, String)]) -> String {
    let column = min(24, (rows.map(\.0.count).max() ?? 0) + 4)
    return rows.map { left, right in
      let lines = TextWrap.lines(right, width: width - column)
      let head = "  " + left
      let margin = String(repeating: " ", count: column)
      let isRoomy = head.count + 2 <= column
      let first = isRoomy ? head.padded(to: column) + lines[0] : head + "\n" + margin + lines[0]
      return ([first] + lines.dropFirst().map { margin + $0 }).joined(separator: "\n")
    }
    .joined(separator: "\n")
  }

  private static func indented(_ text: String, by count: Int) -> String {
    let margin = String(repeating: " ", count: count)
    return TextWrap.lines(text, width: width - count).map { margin + $0 }.joined(separator: "\n")
  }
}

extension String {
  /// With spaces to at least `width` characters.
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}
