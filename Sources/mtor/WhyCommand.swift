// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime
import Store

extension Commands {
  static let why = Command(
    name: "why",
    summary: "Tell why an automation did what it did",
    details: """
      From the journal: what started the run, what it did and waited for, how it ended, and the same of the
      automation that called it. No mtor has to run. The numbers are those of 'mtor tasks' and 'mtor log'.
      """,
    arguments: [Argument("RUN", "Number of a run.")],
    options: [.state, .config, .json],
    examples: [Example("mtor why 12", "What has run 12 done, and why?")],
    run: { invocation throws(CommandFailure) in
      guard let run = UInt64(invocation.arguments[0]) else {
        throw CommandFailure(
          .usage, "'\(invocation.arguments[0])' is no number of a run: see 'mtor log --kind rule'.")
      }
      return try tellRun(run, invocation)
    })

  static func tellRun(_ run: UInt64, _ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let paths = try storePaths(invocation)
    let story = try reading(paths) { reader throws(StoreError) in try RunStory(of: run, in: reader) }
    if story.rows.isEmpty {
      Output.error("the journal knows of no run \(run)")
      return .negative
    }
    if invocation.wantsJSON {
      for row in story.rows { Output.line(RowText.json(row)) }
    } else {
      for line in story.lines { Output.line(line) }
    }
    return .success
  }
}
