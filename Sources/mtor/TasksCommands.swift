// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime

/// What automations are doing, and what somebody may do about it.
extension Commands {
  static let tasks = Command(
    name: "tasks",
    summary: "List what the running mtor is doing",
    details: """
      Lists the runs of automations: number, state, what each does or waits for, since when, and until when
      at most; runs marked with * go on after a restart. Below them the tasks on the event loop.
      """,
    options: [.json],
    examples: [Example("mtor tasks", "What does it wait for?")],
    run: { invocation throws(CommandFailure) in
      let replies = try ask(.tasks, invocation)
      let tasks = replies.compactMap(\.tasks).first ?? []
      let runs = replies.compactMap(\.runs).first ?? []
      if invocation.wantsJSON {
        try Output.json(ControlReply(tasks: tasks, runs: runs))
        return .success
      }
      if tasks.isEmpty, runs.isEmpty { Output.line("Nothing is under way.") }
      if !runs.isEmpty { Output.text(table(of: runs)) }
      if !tasks.isEmpty { Output.text((runs.isEmpty ? "" : "\n") + table(of: tasks)) }
      return .success
    })

  static let tasksApprove = decision("approve", .approve, "Agree to what a run asks for")
  static let tasksRefuse = decision("refuse", .refuse, "Refuse what a run asks for")
  static let tasksCancel = decision("cancel", .cancel, "End a run of an automation")
  static let tasksRetry = decision("retry", .retry, "Let a run that failed try that step again")

  private static func decision(_ word: String, _ verb: ControlRequest.Verb, _ summary: String) -> Command {
    Command(
      name: "tasks \(word)",
      summary: summary,
      details:
        "The number is that of 'mtor tasks'. Exits with 1 when there is no such run, or not one for this.",
      arguments: [Argument("RUN", "Number of a run.")],
      options: [.json],
      examples: [Example("mtor tasks \(word) 12", "\(summary).")],
      run: { invocation throws(CommandFailure) in
        try request(ControlRequest(verb, name: invocation.arguments[0]), invocation)
      })
  }

  static let automationTrigger = Command(
    name: "automation trigger",
    summary: "Start the automations that wait for a webhook",
    details: "Starts those with 'on: webhook.NAME'. The members of the JSON object are event.MEMBER to them.",
    arguments: [Argument("NAME", "Of the webhook."), Argument("JSON", "An object.", count: .optional)],
    options: [.json],
    examples: [Example("mtor automation trigger parcel '{\"from\": \"shop\"}'", "As a script would.")],
    run: { invocation throws(CommandFailure) in
      let data = invocation.arguments.count > 1 ? invocation.arguments[1] : nil
      return try request(ControlRequest(.hook, text: data, name: invocation.arguments[0]), invocation)
    })

  private static func table(of runs: [RunStatus]) -> String {
    var table = TextTable("run", "automation", "state", "since", "deadline", "on")
    for run in runs {
      table.add(
        "\(run.run)\(run.isDurable ? "*" : "")", run.rule, run.state, duration(run.forMS),
        run.deadlineInMS.map { "in " + duration(max(0, $0)) } ?? "-", run.on)
    }
    return table.text()
  }

  private static func table(of tasks: [TaskReport]) -> String {
    var table = TextTable("id", "task", "state", "since", "deadline", "waiting on")
    for task in tasks {
      table.add(
        "\(task.id)", task.name, task.state, duration(task.forMS),
        task.deadlineInMS.map { "in " + duration($0) } ?? "-", task.waitingOn ?? "")
    }
    return table.text()
  }
}
