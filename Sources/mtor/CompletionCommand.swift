// SPDX-License-Identifier: Apache-2.0

extension Commands {
  static let completion = Command(
    name: "completion",
    summary: "Print a completion script for bash",
    details: "Prints a script that lets bash complete the commands and options of mtor with the Tab key.",
    arguments: [Argument("SHELL", "bash")],
    examples: [Example("source <(mtor completion bash)", "For this shell; put it into ~/.bashrc for all.")],
    run: runCompletion)

  @Sendable private static func runCompletion(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    guard invocation.arguments == ["bash"] else {
      throw CommandFailure(.usage, "'\(invocation.arguments[0])': only bash is supported.")
    }
    Output.text(CompletionScript.bash(all.filter { !$0.isHidden }))
    return .success
  }
}

enum CompletionScript {
  static func bash(_ commands: [Command]) -> String {
    let first = unique(commands.map { firstWord($0.name) })
    let families = unique(commands.filter { $0.name.contains(" ") }.map { firstWord($0.name) })
    let seconds = families.map { family in
      let words = commands.filter { $0.name.hasPrefix(family + " ") }.map {
        $0.name.dropFirst(family.count + 1)
      }
      return "    \(family)) words=\"\(words.joined(separator: " "))\" ;;"
    }
    let options = commands.map { command in
      let names = (command.options + [.help]).map { "--" + $0.name }.joined(separator: " ")
      return "    \"\(command.name)\"*) words=\"\(names)\" ;;"
    }
    return """
      # bash completion for mtor
      _mtor() {
        local current="${COMP_WORDS[COMP_CWORD]}" line="${COMP_WORDS[*]:1:COMP_CWORD-1}" words=""
        if [ "$COMP_CWORD" -eq 1 ]; then
          words="\(first.joined(separator: " "))"
        elif [[ "$current" == -* ]]; then
          case "$line" in
      \(options.joined(separator: "\n"))
          esac
        else
          case "$line" in
      \(seconds.joined(separator: "\n"))
          esac
        fi
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        [ -n "${COMPREPLY[*]}" ] || COMPREPLY=($(compgen -f -- "$current"))
      }
      complete -F _mtor mtor

      """
  }

  private static func firstWord(_ name: String) -> String {
    name.split(separator: " ").first.map(String.init) ?? name
  }

  private static func unique(_ words: [String]) -> [String] {
    words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
