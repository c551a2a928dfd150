// SPDX-License-Identifier: Apache-2.0

extension Commands {
  static let devices = Command(
    name: "devices",
    summary: "List sound cards, GPIO lines, LEDs and cameras",
    details: """
      Lists what this machine has, by the names that belong into the configuration, and who holds a line that
      is in use. What is missing or not permitted is told with what to do about it. Nothing is opened for
      use, so a running mtor is not disturbed.
      """,
    options: [Option("all", short: "a", "Also list lines that have no name and no user."), .json],
    examples: [
      Example("mtor devices", "To see how to name the microphone: card:ID stays the same when replugged."),
      Example("mtor devices --json", "For another program."),
    ],
    run: runDevices)

  @Sendable private static func runDevices(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let report = DeviceReport.collect()
    if invocation.wantsJSON {
      try Output.json(report)
    } else {
      Output.text(report.text(allLines: invocation.has("all")))
    }
    return .success
  }
}
