// SPDX-License-Identifier: Apache-2.0

/// A subcommand as data: parsing, `--help`, the man page and completion come from it.
struct Command: Sendable {
  /// One or two words: `check`, `gpio get`.
  var name: String
  /// One line, without a full stop.
  var summary: String
  /// What it does, in paragraphs; shown by --help and the man page.
  var details: String
  var arguments: [Argument] = []
  var options: [Option] = []
  var examples: [Example] = []
  /// Not listed: for the project's own use.
  var isHidden = false
  var run: @Sendable (Invocation) throws(CommandFailure) -> ExitCode
}

/// A positional argument.
struct Argument: Sendable {
  enum Count: Sendable { case one, optional, many, any }

  /// In capitals: `FILE`.
  var name: String
  var meaning: String
  var count = Count.one

  init(_ name: String, _ meaning: String, count: Count = .one) {
    self.name = name
    self.meaning = meaning
    self.count = count
  }
}

/// `--name`, or `--name VALUE`.
struct Option: Sendable {
  /// Without the dashes.
  var name: String
  var short: Character?
  /// What stands for the value in the help; nil for a switch.
  var value: String?
  var meaning: String
  /// When not empty: the only values.
  var choices: [String] = []

  init(
    _ name: String, short: Character? = nil, value: String? = nil, choices: [String] = [], _ meaning: String
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.choices = choices
    self.meaning = meaning
  }

  static let help = Option("help", short: "h", "Show this help.")
  static let json = Option("json", "Write JSON instead of text for people.")
  static let board = Option("board", value: "NAME", "Take this board profile instead of the configuration's.")
  static let config = Option(
    "config", short: "c", value: "FILE",
    "Configuration; without it /etc/mtor/mtor.yml, else the built-in sample.")
}

/// A command line worth copying, and what it does.
struct Example: Sendable {
  var line: String
  var meaning: String

  init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}
