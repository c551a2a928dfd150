// SPDX-License-Identifier: Apache-2.0
import Configuration

extension Commands {
  /// Documents that come from the tables; `scripts/documents` writes them, a test compares them.
  static let generate = Command(
    name: "generate",
    summary: "Print a document made from the tables",
    details: "Prints the manual page or the configuration reference.",
    arguments: [Argument("DOCUMENT", "man or configuration")],
    isHidden: true,
    run: runGenerate)

  @Sendable private static func runGenerate(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    switch invocation.arguments[0] {
    case "man": Output.text(ManualPage.text(all.filter { !$0.isHidden }))
    case "configuration": Output.text(ConfigurationTexts.reference)
    default: throw CommandFailure(.usage, "'\(invocation.arguments[0])': write man or configuration.")
    }
    return .success
  }
}
