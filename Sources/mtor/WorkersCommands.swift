// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime

/// The workers of realms in the running mtor.
extension Commands {
  static let workers = Command(
    name: "workers",
    summary: "Show who serves realms, and how well",
    details: """
      State: ready; busy; paused (it asked for it); away (it fails: only probes); trial (one request at a
      time, to find out); draining. The score is 0 to 100: up with each sign of life, down with each failure.
      """,
    options: [.json],
    examples: [
      Example("mtor workers", "Who is there?"),
      Example("mtor workers probe", "Asks all of them for a sign of life."),
    ],
    run: { invocation throws(CommandFailure) in
      let workers = try ask(.workers, invocation).compactMap(\.workers).first ?? []
      if invocation.wantsJSON {
        try Output.json(workers)
      } else if workers.isEmpty {
        Output.line("No worker serves a realm: docs/workers.md tells how to add one.")
      } else {
        var table = TextTable("worker", "kind", "state", "realms", "busy", "score", "ok", "fail", "latency")
        for worker in workers {
          table.add(
            worker.name, worker.kind, worker.state, worker.realms.joined(separator: " "),
            "\(worker.inFlight)/\(worker.slots)", "\(worker.score)", "\(worker.answered)", "\(worker.failed)",
            worker.latencyMS.map(duration) ?? "-")
        }
        Output.text(table.text())
        for worker in workers {
          if let trouble = worker.trouble {
            Output.text(HelpText.paragraphs("\(worker.name): \(trouble)") + "\n")
          }
        }
      }
      return .success
    })

  static let workersAdd = Command(
    name: "workers add",
    summary: "Add a worker to the running mtor",
    details: """
      The keys are those of the configuration's section workers (docs/configuration.md). The worker stays
      until the next start; with --save for good. A worker of this name in the configuration goes over it.
      """,
    arguments: [
      Argument("NAME", "How it is called."),
      Argument("KEY=VALUE", "A key of the configuration.", count: .many),
    ],
    options: [Option("save", "Keep it beyond the next start."), .json],
    examples: [
      Example(
        "mtor workers add llm kind=openai url=http://pc:8080 'realms=$CHAT'", "A llama.cpp server."),
      Example(
        "mtor workers add --save pi2 kind=openai url=http://pi2:11434 'realms=$CHAT'",
        "Ollama on another board, for good."),
    ],
    run: { invocation throws(CommandFailure) in
      try Commands.set(.addWorker, below: "workers", "kind=openai", invocation)
    })

  /// Sends a name and its keys as the configuration has them.
  static func set(
    _ verb: ControlRequest.Verb, below section: String, _ example: String, _ invocation: Invocation
  ) throws(CommandFailure) -> ExitCode {
    var keys: [String] = []
    for word in invocation.arguments.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw CommandFailure(.usage, "'\(word)': write KEY=VALUE, such as \(example).")
      }
      keys.append("    \(parts[0]): \(parts[1])\n")
    }
    let name = invocation.arguments[0]
    let text = "\(section):\n  \(name):\(keys.isEmpty ? " {}" : "")\n\(keys.joined())"
    var request = ControlRequest(verb, text: text)
    request.isSaved = invocation.has("save")
    return try Commands.request(request, invocation)
  }

  static let workersRemove = Command(
    name: "workers remove",
    summary: "Remove a worker from the running mtor",
    details: """
      What it is being asked is given up; what may be done twice goes to another worker. One of the
      configuration is back after the next reload.
      """,
    arguments: [Argument("NAME", "The worker.")], options: [.json],
    examples: [Example("mtor workers remove llm", "It gets nothing more.")],
    run: { invocation throws(CommandFailure) in
      try request(ControlRequest(.removeWorker, name: invocation.arguments[0]), invocation)
    })

  static let workersDrain = Command(
    name: "workers drain",
    summary: "Let a worker finish what it has, and give it nothing more",
    details: "Before it is updated or switched off. A reload of the configuration gives it work again.",
    arguments: [Argument("NAME", "The worker.")], options: [.json],
    examples: [Example("mtor workers drain llm", "'mtor workers' shows when it is idle.")],
    run: { invocation throws(CommandFailure) in
      try request(ControlRequest(.drainWorker, name: invocation.arguments[0]), invocation)
    })

  static let workersProbe = Command(
    name: "workers probe",
    summary: "Ask workers for a sign of life now",
    details:
      "Each tells what it can do, as far as its protocol has words for it. Exits with 1 when one is dead.",
    arguments: [Argument("NAME", "The worker; without it all.", count: .optional)], options: [.json],
    examples: [Example("mtor workers probe llm", "Is it there again?")],
    run: { invocation throws(CommandFailure) in
      var probes: [ProbeReport] = []
      let asked = ControlRequest(.probeWorkers, name: invocation.arguments.first)
      try exchange(asked, invocation, silenceMax: .seconds(15)) { reply in
        if let probe = reply.probe { probes.append(probe) }
      }
      if invocation.wantsJSON {
        try Output.json(probes)
      } else {
        var table = TextTable("worker", "is", "can do")
        for probe in probes {
          let slots = probe.slots.map { "\($0) at a time " } ?? ""
          let more = probe.models.count > 8 ? ", … (\(probe.models.count))" : ""
          let models = probe.models.prefix(8).joined(separator: ", ") + more
          table.add(probe.worker, probe.result, probe.trouble ?? slots + models)
        }
        Output.text(table.text())
      }
      return probes.contains { $0.result == "dead" } ? .negative : .success
    })
}
