// SPDX-License-Identifier: Apache-2.0
import Configuration
import JSON
import Loop
import Posix
import Runtime

extension Commands {
  static let workerProbe = Command(
    name: "worker-probe",
    summary: "Find out what a service can do, and how it behaves when busy",
    details: """
      Asks the service at URL for a sign of life and a few short questions: alone, two at the same time, and
      after one that was given up. Says what follows for its configuration. No mtor has to run. A model
      works for a while; a paid service takes money for six short questions.
      """,
    arguments: [Argument("URL", "http://HOST:PORT, or tcp://HOST:PORT for Wyoming.")],
    options: [
      Option(
        "kind", value: "KIND", choices: WorkerSettings.Kind.allCases.map(\.rawValue).filter { $0 != "exec" },
        "What it speaks; without it that is found out."),
      Option(
        "task", value: "TASK", choices: WorkerSettings.Task.allCases.map(\.rawValue),
        "What it is asked to do; without it what it can, and chat if it tells nothing."),
      Option("model", value: "NAME", "The model to ask for; without it the first that it names."),
      Option("key-file", value: "FILE", "File that holds the service's key."),
      timeout, .json,
    ],
    examples: [
      Example("mtor worker-probe http://192.168.1.20:8080", "A llama.cpp server: how many at a time?"),
      Example("mtor worker-probe --task speak http://127.0.0.1:8000", "Its voice instead of its chat."),
      Example("mtor worker-probe tcp://192.168.1.20:10200", "A Wyoming service."),
    ],
    run: { invocation throws(CommandFailure) in
      let limit = Duration.milliseconds(Int64(try budget(invocation, max: 600_000)))
      let url = invocation.arguments[0]
      let outcome = Locked<Result<WorkerExamination.Report, CommandFailure>>(
        .failure(CommandFailure(.software, "\(url): the examination has not ended")))
      LoopActor.shared.loop.bindToCurrentThread()
      LoopActor.spawn("worker-probe") {
        let result = await examine(url, invocation, limit)
        outcome.withLock { $0 = result }
        LoopActor.shared.loop.stop()
      }
      LoopActor.shared.loop.run()
      let report = try outcome.withLock { $0 }.get()
      if invocation.wantsJSON { try Output.json(report) } else { Output.text(text(report)) }
      return report.alone.contains(where: \.isAnswered) ? .success : .negative
    })

  @LoopActor private static func examine(
    _ url: String, _ invocation: Invocation, _ limit: Duration
  ) async -> Result<WorkerExamination.Report, CommandFailure> {
    let told = invocation.value("kind").flatMap(WorkerSettings.Kind.init)
    var found: WorkerExamination.Identity?
    do {
      found = if let told { .init(kind: told) } else { try await WorkerExamination.identify(url) }
    } catch { return .failure(CommandFailure(.unavailable, "\(error)")) }
    guard let found else {
      let text = "\(url): nobody answers there, or nothing that is known. --kind says what it should be."
      return .failure(CommandFailure(.unavailable, text))
    }
    var settings = WorkerSettings(name: "worker", kind: found.kind, place: .url(url))
    settings.task = invocation.value("task").flatMap(WorkerSettings.Task.init) ?? found.task
    settings.model = invocation.value("model")
    settings.keyFile = invocation.value("key-file").map { $0.contains("/") ? $0 : "./\($0)" }
    return .success(await WorkerExamination(settings, limit: limit).run())
  }

  private static func text(_ report: WorkerExamination.Report) -> String {
    var table = TextTable("what", "result", "first piece", "end")
    let models = report.probe.models.joined(separator: " ")
    table.add(
      "sign of life", report.probe.trouble ?? (models.isEmpty ? report.probe.result : "models: \(models)"),
      "",
      duration(report.probeMS))
    func add(_ what: String, _ call: WorkerExamination.Call) {
      table.add(what, call.result, call.firstMS.map(duration) ?? "-", duration(call.endMS))
    }
    for (index, call) in report.alone.enumerated() { add("request \(index + 1), alone", call) }
    for call in report.together { add("two at a time", call) }
    if let probe = report.probeWhileBusy {
      table.add("sign of life, busy", probe.result, "", report.probeWhileBusyMS.map(duration) ?? "")
    }
    if let call = report.afterCancelled { add("after one given up", call) }
    let findings = report.findings.map { HelpText.paragraphs("- \($0)") + "\n" }.joined()
    return "\(report.url): kind \(report.kind), task \(report.task)\n" + table.text() + findings
  }
}
