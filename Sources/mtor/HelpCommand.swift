// SPDX-License-Identifier: Apache-2.0

extension Commands {
  static let help = Command(
    name: "help",
    summary: "Tell how to use a command",
    details: "The same as `mtor COMMAND --help`; without a command, the list of commands.",
    arguments: [
      Argument("COMMAND", "One or two words.", count: .optional),
      Argument("WORD", "The second word.", count: .optional),
    ],
    examples: [Example("mtor help check", "How to check a configuration.")],
    run: runHelp)

  @Sendable private static func runHelp(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    if invocation.arguments.isEmpty {
      Output.text(HelpText.overview(all))
    } else {
      Output.text(HelpText.text(try ArgumentParser(commands: all).command(invocation.arguments)))
    }
    return .success
  }
}
