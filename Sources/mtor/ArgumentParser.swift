// SPDX-License-Identifier: Apache-2.0
import Configuration

/// A command line → a command and its invocation, or a text that says what is wrong.
struct ArgumentParser {
  enum Outcome {
    case run(Command, Invocation)
    /// Nil: the overview.
    case help(Command?)
    case version
  }

  let commands: [Command]

  func parse(_ words: [String]) throws(CommandFailure) -> Outcome {
    guard let first = words.first else { return .help(nil) }
    if first == "--help" || first == "-h" { return .help(nil) }
    if first == "--version" { return .version }
    if first.hasPrefix("-") {
      throw CommandFailure(.usage, "'\(first)': a command comes first. `mtor --help` lists them.")
    }
    let command = try command(words)
    let rest = Array(words.dropFirst(command.name.split(separator: " ").count))
    return try parse(rest, of: command)
  }

  /// The command whose one or two words begin the line.
  func command(_ words: [String]) throws(CommandFailure) -> Command {
    for length in [2, 1] where words.count >= length {
      let name = words.prefix(length).joined(separator: " ")
      if let command = commands.first(where: { $0.name == name }) { return command }
    }
    let family = commands.filter { $0.name.hasPrefix(words[0] + " ") }
    if !family.isEmpty {
      let names = family.map { "'\($0.name)'" }.joined(separator: ", ")
      throw CommandFailure(.usage, "'\(words[0])' needs one more word: \(names).")
    }
    let known = commands.filter { !$0.isHidden }.map(\.name)
    let hint = Nearest.match(words[0], in: known).map { " Did you mean '\($0)'?" } ?? ""
    throw CommandFailure(.usage, "'\(words[0])' is not a command.\(hint) `mtor --help` lists them.")
  }

  private func parse(_ words: [String], of command: Command) throws(CommandFailure) -> Outcome {
    var invocation = Invocation()
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        invocation.arguments += rest
        break
      }
      guard word.hasPrefix("-"), word != "-", !Self.isNumber(word) else {
        invocation.arguments.append(word)
        continue
      }
      if word == "--help" || word == "-h" { return .help(command) }
      let (option, inlineValue) = try option(word, of: command)
      invocation.options[option.name] = try value(of: option, word, inlineValue, &rest)
    }
    try checkCount(invocation.arguments, of: command)
    return .run(command, invocation)
  }

  /// A negative number is a value, not an option.
  private static func isNumber(_ word: String) -> Bool { Double(word) != nil }

  private func option(
    _ word: String, of command: Command
  ) throws(CommandFailure) -> (option: Option, inlineValue: String?) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let found = command.options.first { option in
      name == "--" + option.name || option.short.map { name == "-\($0)" } == true
    }
    if let found { return (found, parts.count == 2 ? String(parts[1]) : nil) }
    let known = command.options.map { "--" + $0.name } + ["--help"]
    let hint =
      Nearest.match(name, in: known).map { "Did you mean '\($0)'?" }
      ?? "Known: \(known.joined(separator: ", "))."
    throw CommandFailure(.usage, "'mtor \(command.name)' has no option '\(name)'. \(hint)")
  }

  /// The option's value: behind `=`, or the next word; empty for a switch.
  private func value(
    of option: Option, _ word: String, _ inlineValue: String?, _ rest: inout ArraySlice<String>
  ) throws(CommandFailure) -> String {
    guard let placeholder = option.value else {
      guard inlineValue == nil else {
        throw CommandFailure(.usage, "'--\(option.name)' is a switch; it takes no value ('\(word)').")
      }
      return ""
    }
    guard let value = inlineValue ?? rest.popFirst(), !value.isEmpty else {
      throw CommandFailure(.usage, "'--\(option.name)' needs a value: --\(option.name) \(placeholder).")
    }
    guard option.choices.isEmpty || option.choices.contains(value) else {
      let advice = Nearest.advice(value, in: option.choices)
      throw CommandFailure(.usage, "'--\(option.name) \(value)': no such value.\(advice)")
    }
    return value
  }

  private func checkCount(_ given: [String], of command: Command) throws(CommandFailure) {
    let required = command.arguments.filter { $0.count == .one || $0.count == .many }
    if given.count < required.count {
      let missing = required[given.count]
      throw CommandFailure(
        .usage, "\(missing.name) is missing (\(missing.meaning)). Usage: \(HelpText.usage(command))")
    }
    let isUnbounded = command.arguments.contains { $0.count == .many || $0.count == .any }
    if !isUnbounded, given.count > command.arguments.count {
      let extra = given[command.arguments.count]
      throw CommandFailure(.usage, "'\(extra)' is one argument too many. Usage: \(HelpText.usage(command))")
    }
  }
}
