// SPDX-License-Identifier: Apache-2.0

/// mtor(1) in man's macros, from the table of commands.
enum ManualPage {
  static func text(_ commands: [Command]) -> String {
    let parts = [
      header, "", ".SH COMMANDS", commands.map(section).joined(separator: "\n"), ".SH EXIT STATUS", exitCodes,
      footer,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private static let header = """
    .\\" Written by `mtor generate man`; change the commands' tables instead.
    .TH MTOR 1 "" "mtor \(Version.number)" "User Commands"
    .SH NAME
    mtor \\- voice assistant, sensor node and automation runtime for small Linux boards
    .SH SYNOPSIS
    .B mtor
    .I COMMAND
    [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...
    .SH DESCRIPTION
    mtor hears through ALSA, feels through GPIO lines, understands spoken commands offline and acts on them.
    It is configured by one YAML file; \\fBmtor config \\-\\-default\\fR prints a commented sample.
    Every command takes \\fB\\-\\-help\\fR.
    """

  private static let exitCodes = ExitCode.allCases
    .map { ".TP\n.B \($0.rawValue)\n\($0.meaning)" }.joined(separator: "\n")

  private static let footer = """
    .SH FILES
    .TP
    .I /etc/mtor/mtor.yml
    The configuration.
    .TP
    .I /usr/share/mtor/boards
    Board profiles.
    .SH ENVIRONMENT
    .TP
    .B MTOR_BOARD_DIR
    The only directory where board profiles are looked for.
    """

  private static func section(_ command: Command) -> String {
    let usage = HelpText.usage(command)
    var lines = [".SS \"\(escaped(usage))\"", paragraphs(command.details)]
    lines += command.arguments.map { item("\\fI\($0.name)\\fR", $0.meaning) }
    lines += command.options.map { item("\\fB\(escaped(HelpText.spelling($0)))\\fR", HelpText.meaning($0)) }
    if !command.examples.isEmpty { lines.append(".PP\nExamples:") }
    lines += command.examples.map { item("\\fB\(escaped($0.line))\\fR", $0.meaning) }
    return lines.joined(separator: "\n")
  }

  private static func item(_ head: String, _ text: String) -> String { ".TP\n\(head)\n\(escaped(text))" }

  private static func paragraphs(_ text: String) -> String {
    text.split(separator: "\n").map { escaped(String($0)) }.joined(separator: "\n")
  }

  /// Backslashes, minus signs and a leading dot or quote would be read as macros.
  private static func escaped(_ text: String) -> String {
    let body = text.map { character in
      switch character {
      case "\\": "\\e"
      case "-": "\\-"
      case "…": "..."
      default: String(character)
      }
    }.joined()
    return body.hasPrefix(".") || body.hasPrefix("'") ? "\\&" + body : body
  }
}
