// SPDX-License-Identifier: Apache-2.0
import Glibc

@main struct Main {
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    exit(CommandLineTool.run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }
}

/// From the words of a command line to the exit code.
enum CommandLineTool {
  static func run(_ words: [String]) -> ExitCode {
    do throws(CommandFailure) {
      switch try ArgumentParser(commands: Commands.all).parse(words) {
      case .run(let command, let invocation): return try command.run(invocation)
      case .help(let command?): Output.text(HelpText.text(command))
      case .help(nil): Output.text(HelpText.overview(Commands.all))
      case .version: return try Commands.version.run(Invocation())
      }
      return .success
    } catch {
      if !error.text.isEmpty { Output.error(error.text) }
      return error.code
    }
  }
}
