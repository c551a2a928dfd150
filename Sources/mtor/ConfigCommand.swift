// SPDX-License-Identifier: Apache-2.0
import Configuration
import JSON
import YAML

extension Commands {
  static let config = Command(
    name: "config",
    summary: "Print the commented sample, or what is in force",
    details: """
      With --default prints a commented sample that runs as it is: each key with its meaning, kind and range;
      commented-out values are the defaults. With --show prints every value in force for a configuration,
      defaults and board profile included, as a file that reads back the same. With --reference prints the
      description of all keys as Markdown.
      """,
    arguments: [Argument("FILE", "For --show: the configuration.", count: .optional)],
    options: [
      Option("default", "Print the commented sample."),
      Option("show", "Print what is in force."),
      Option("reference", "Print docs/configuration.md."),
      .board, .json,
    ],
    examples: [
      Example("mtor config --default > mtor.yml", "A start for a configuration of your own."),
      Example("mtor config --show --json mtor.yml", "For another program to read."),
    ],
    run: runConfig)

  @Sendable private static func runConfig(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let wanted = ["default", "show", "reference"].filter { invocation.has($0) }
    guard wanted.count == 1 else {
      throw CommandFailure(.usage, "say one of --default, --show and --reference.")
    }
    switch wanted[0] {
    case "default": Output.text(ConfigurationTexts.sample)
    case "reference": Output.text(ConfigurationTexts.reference)
    default: try show(invocation)
    }
    return .success
  }

  private static func show(_ invocation: Invocation) throws(CommandFailure) {
    let settings = try LoadedSettings.load(invocation, file: invocation.arguments.first).settings
    if invocation.wantsJSON {
      try Output.json(ConfigurationTexts.tree(settings).map(json) ?? .null)
    } else {
      Output.text(ConfigurationTexts.effective(settings))
    }
  }

  /// Scalars stay texts with their units, as they stand in the file.
  private static func json(_ node: YAMLNode) -> JSONValue {
    switch node {
    case .scalar(let text, _, _): .string(text)
    case .list(let items, _): .array(items.map(json))
    case .map(let entries, _): object(entries.map { ($0.key, json($0.value)) })
    case .invalid: .null
    }
  }
}
