// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime
import Store

extension Commands {
  static let why = Command(
    name: "why",
    summary: "Tell why a request or an automation took its course",
    details: """
      Of a request (ask-3): who asked; which realm it was for, and who said so; which workers could have begun
      at once, with their scores; who was asked, with how much time; how it ended. Of requests under way and
      of the last ones that ended; 'mtor history' has the ids.

      Of a run of an automation (a number), from the journal: what started it, what it did and waited for, how
      it ended, and the same of the automation that called it. No mtor has to run. The numbers are those of
      'mtor tasks' and 'mtor log'.
      """,
    arguments: [
      Argument("ID", "The request, or number of a run; without it the last request.", count: .optional)
    ],
    options: [.state, .config, .json],
    examples: [
      Example("mtor why ask-3", "Why did that take so long?"),
      Example("mtor why 12", "What has run 12 done, and why?"),
    ],
    run: { invocation throws(CommandFailure) in
      guard let run = invocation.arguments.first.flatMap({ UInt64($0) }) else {
        return try tellRequest(invocation)
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
