// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime

/// Realms in the running mtor.
extension Commands {
  static let realms = Command(
    name: "realms",
    summary: "Show the realms and how their requests ended",
    details: """
      For each realm: its workers, requests that are being served and that wait, how requests have ended
      since the start, and how long half of the answers and 95 of 100 took at most. docs/realms.md
      """,
    options: [.json],
    examples: [Example("mtor realms --json", "For monitoring.")],
    run: { invocation throws(CommandFailure) in
      let realms = try ask(.realms, invocation).compactMap(\.realms).first ?? []
      if invocation.wantsJSON {
        try Output.json(realms)
      } else if realms.isEmpty {
        Output.line("No worker serves a realm: docs/workers.md tells how to add one.")
      } else {
        var table = TextTable(
          "realm", "workers", "now", "queue", "done", "fail", "refused", "late", "p50", "p95")
        for realm in realms {
          table.add(
            realm.name, realm.workers.joined(separator: " "), "\(realm.inFlight)",
            "\(realm.queued)/\(realm.queueMax)", "\(realm.completed)", "\(realm.failed)", "\(realm.rejected)",
            "\(realm.expired)", realm.medianMS.map(duration) ?? "-", realm.p95MS.map(duration) ?? "-")
        }
        Output.text(table.text())
      }
      return .success
    })

  static let realmsAdd = Command(
    name: "realms add",
    summary: "Add a realm to the running mtor",
    details: """
      The keys are those of the configuration's section realms (docs/configuration.md). The realm stays
      until the next start; with --save for good. A realm of this name in the configuration goes over it.
      """,
    arguments: realmArguments(.any), options: realmOptions,
    examples: [
      Example("mtor realms add '$DRAFTS' queue=8 deadline=2min 'backups=$CHAT'", "Chat without haste.")
    ],
    run: { invocation throws(CommandFailure) in
      try Commands.set(.addRealm, below: "realms", "queue=8", invocation)
    })

  static let realmsChange = Command(
    name: "realms change",
    summary: "Change a realm of the running mtor",
    details: """
      Keys that are not given stay as they are, and so does what waits. One of the configuration is as the
      file says again after the next reload.
      """,
    arguments: realmArguments(.many), options: realmOptions,
    examples: [Example("mtor realms change '$CHAT' strategy=round_robin", "Each worker in turn.")],
    run: { invocation throws(CommandFailure) in
      try Commands.set(.changeRealm, below: "realms", "queue=8", invocation)
    })

  static let realmsRemove = Command(
    name: "realms remove",
    summary: "Remove a realm from the running mtor",
    details: """
      What waits for it is rejected; what is being done is finished. One that the configuration or a worker
      names is back after the next reload.
      """,
    arguments: [Argument("NAME", "The realm.")], options: [.json],
    examples: [Example("mtor realms remove '$DRAFTS'", "Nothing is asked of it any more.")],
    run: { invocation throws(CommandFailure) in
      try request(ControlRequest(.removeRealm, name: invocation.arguments[0]), invocation)
    })

  private static func realmArguments(_ count: Argument.Count) -> [Argument] {
    [
      Argument("NAME", "The realm: $ and capital letters."),
      Argument("KEY=VALUE", "A key of the configuration.", count: count),
    ]
  }

  private static let realmOptions = [Option("save", "Keep it beyond the next start."), .json]
}
