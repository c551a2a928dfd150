// SPDX-License-Identifier: Apache-2.0
import Configuration
import JSON

extension Commands {
  static let check = Command(
    name: "check",
    summary: "Tell every mistake in a configuration",
    details: """
      Reads the configuration as `mtor run` would and tells all mistakes in one run, each with its line, the
      offending text and what to write instead. Touches no device. Exits with 78 when there are mistakes,
      with 66 when the file is not there.
      """,
    arguments: [
      Argument("FILE", "The configuration; without it the one that would be used.", count: .optional)
    ],
    options: [.board, .json],
    examples: [
      Example("mtor check mtor.yml", "Checks one file."),
      Example("mtor check --board raspberry-pi-5 mtor.yml", "Checks whether it fits that board's lines."),
    ],
    run: runCheck)

  @Sendable private static func runCheck(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let loaded: LoadedSettings
    do throws(CommandFailure) {
      loaded = try LoadedSettings.load(invocation, file: invocation.arguments.first)
    } catch {
      return try report(error, invocation)
    }
    let counts = Summary(loaded.settings).counts
    if invocation.wantsJSON {
      let members = counts.map { ($0.name, JSONValue.integer(Int64($0.count))) }
      try Output.json(
        JSONValue.object([
          "ok": true, "file": .string(loaded.source), "problems": [],
          "notes": .array(loaded.settings.notes.map { .string($0) }), "counts": object(members),
        ]))
    } else {
      loaded.settings.notes.forEach { Output.line("note: \($0)") }
      let list = counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
      Output.line("\(loaded.source): good. Board \(loaded.settings.board): \(list).")
    }
    return .success
  }

  private static func report(
    _ failure: CommandFailure, _ invocation: Invocation
  ) throws(CommandFailure) -> ExitCode {
    if invocation.wantsJSON {
      let problems = failure.problems.map { problem in
        object([
          ("file", .string(problem.file)), ("line", problem.mark.map { .integer(Int64($0.line)) } ?? .null),
          ("column", problem.mark.map { .integer(Int64($0.column)) } ?? .null),
          ("path", .string(problem.path)), ("text", .string(problem.text)),
        ])
      }
      try Output.json(JSONValue.object(["ok": false, "problems": .array(problems)]))
    } else {
      Output.text(failure.text + "\n")
      Output.error(failure.problems.count == 1 ? "1 mistake." : "\(failure.problems.count) mistakes.")
    }
    return failure.code
  }

  static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.reduce(into: JSONObject()) { $0[$1.0] = $1.1 })
  }
}

/// What a good configuration holds, in numbers.
private struct Summary {
  let counts: [(name: String, count: Int)]

  init(_ settings: Settings) {
    counts = [
      ("lines", settings.lines.count), ("commands", settings.commands.count),
      ("automations", settings.automations.count), ("workers", settings.workers.count),
    ]
  }
}
