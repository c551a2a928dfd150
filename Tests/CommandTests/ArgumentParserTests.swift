// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import mtor

@Suite struct ArgumentParserTests {
  private static let tool = [
    Command(
      name: "check", summary: "s", details: "d", arguments: [Argument("FILE", "the file")],
      options: [.json, Option("level", short: "l", value: "N", choices: ["low", "high"], "how much")],
      run: { _ in .success }),
    Command(
      name: "gpio get", summary: "s", details: "d", arguments: [Argument("LINE", "lines", count: .many)],
      run: { _ in .success }),
  ]

  private func result(_ line: String) -> String {
    let words = line.split(separator: " ").map(String.init)
    do throws(CommandFailure) {
      switch try ArgumentParser(commands: Self.tool).parse(words) {
      case .run(let command, let invocation):
        let options = invocation.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([command.name, "|"] + invocation.arguments + ["|"] + options).joined(separator: " ")
      case .help(let command): return "help \(command?.name ?? "")"
      case .version: return "version"
      }
    } catch {
      return "\(error.code): \(error.text)"
    }
  }

  @Test(arguments: [
    ("", "help "), ("-h", "help "), ("--version", "version"), ("check --help", "help check"),
    ("check a", "check | a |"), ("check --json a", "check | a | json="),
    ("check --level=low a", "check | a | level=low"), ("check -l high a", "check | a | level=high"),
    ("check -- --json", "check | --json |"), ("check -5", "check | -5 |"), ("check -", "check | - |"),
    ("gpio get a b c", "gpio get | a b c |"),
  ])
  func goodLines(_ line: String, _ expected: String) { #expect(result(line) == expected) }

  @Test(arguments: [
    ("chek a", "usage: 'chek' is not a command. Did you mean 'check'? `mtor --help` lists them."),
    ("gpio", "usage: 'gpio' needs one more word: 'gpio get'."),
    ("--json check", "usage: '--json': a command comes first. `mtor --help` lists them."),
    ("check", "usage: FILE is missing (the file). Usage: mtor check [OPTION…] FILE"),
    ("check a b", "usage: 'b' is one argument too many. Usage: mtor check [OPTION…] FILE"),
    ("check --jsn a", "usage: 'mtor check' has no option '--jsn'. Did you mean '--json'?"),
    ("check --foo a", "usage: 'mtor check' has no option '--foo'. Known: --json, --level, --help."),
    ("check --json=1 a", "usage: '--json' is a switch; it takes no value ('--json=1')."),
    ("check a --level", "usage: '--level' needs a value: --level N."),
    ("check a --level hihg", "usage: '--level hihg': no such value. Did you mean 'high'?"),
    ("gpio get", "usage: LINE is missing (lines). Usage: mtor gpio get LINE…"),
  ])
  func badLinesSayWhatToDo(_ line: String, _ expected: String) { #expect(result(line) == expected) }
}
