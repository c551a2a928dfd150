// SPDX-License-Identifier: Apache-2.0
import JSON
import Runtime

extension Commands {
  static let status = Command(
    name: "status",
    summary: "Show how the running mtor is",
    details:
      "Shows the devices, the workers, what has been heard, and how long handlers held the event loop.",
    options: [.json],
    examples: [Example("mtor status --json", "For monitoring.")],
    run: { invocation throws(CommandFailure) in
      guard let status = try ask(.status, invocation).compactMap(\.status).first else { throw noAnswer }
      if invocation.wantsJSON { try Output.json(status) } else { Output.text(text(status)) }
      return .success
    })

  /// All replies to a request without a text.
  static func ask(
    _ verb: ControlRequest.Verb, _ invocation: Invocation, in directory: String = RuntimeDirectory.path()
  ) throws(CommandFailure) -> [ControlReply] {
    var replies: [ControlReply] = []
    try exchange(ControlRequest(verb), invocation, in: directory) { replies.append($0) }
    return replies
  }

  static var noAnswer: CommandFailure { CommandFailure(.software, "the daemon left out what was asked") }

  private static func text(_ status: StatusReport) -> String {
    var table = TextTable("what", "state")
    table.add("mtor", "\(status.version), node \(status.node), board \(status.board)")
    table.add("up", duration(status.uptimeSeconds * 1000))
    table.add("microphone", status.microphone + (status.overruns > 0 ? ", \(status.overruns) overruns" : ""))
    if let level = status.microphoneLevelDBFS { table.add("level", "\(Int(level.rounded())) dBFS") }
    table.add("speaker", status.speaker)
    for worker in status.workers {
      let pid = worker.pid.map { ", pid \($0)" } ?? ""
      table.add("worker \(worker.name)", "\(worker.state)\(pid), \(worker.restarts) restarts")
    }
    for worker in status.realmWorkers ?? [] {
      let trouble = worker.trouble.map { ", \($0)" } ?? ""
      table.add("for \(worker.realms.joined(separator: " "))", "\(worker.name), \(worker.state)\(trouble)")
    }
    for realm in status.realms ?? [] {
      table.add(
        "realm \(realm.name)",
        "\(realm.inFlight) served, \(realm.queued) waiting, \(realm.completed) answered, \(realm.failed) failed, "
          + "\(realm.expired) late, \(realm.rejected) refused")
    }
    table.add("utterances", "\(status.utterances), understood \(status.understood)")
    if let store = status.store { table.add("store", text(store)) }
    table.add(
      "event loop",
      "\(status.loopWakeUps) wake-ups; longest handler \(status.stalls.longest), \(duration(status.stalls.longestMS))"
    )
    if status.logLinesLost > 0 { table.add("log", "\(status.logLinesLost) lines lost, not taken in time") }
    if let trouble = status.trouble { table.add("trouble", trouble) }
    return table.text()
  }

  private static func text(_ store: StatusReport.Store) -> String {
    let written = "\(store.bytesWritten >> 10) KiB written, \(store.bytesWrittenEver >> 20) MiB ever"
    let lost = store.unstored > 0 ? ", \(store.unstored) changes not stored" : ""
    let refused = store.messagesRefused ?? 0
    let messages = refused > 0 ? ", \(refused) messages refused by their receivers" : ""
    return (store.problem.map { "\($0)" } ?? "row \(store.lastSeq)") + "\(lost)\(messages), \(written)"
  }

  /// `12 ms`, `3.4 s`, `5 min`, `2 h`.
  static func duration(_ milliseconds: Double) -> String {
    switch milliseconds {
    case ..<1000: "\(Int(milliseconds.rounded())) ms"
    case ..<60_000: "\(Int(milliseconds / 1000)).\(Int(milliseconds / 100) % 10) s"
    case ..<7_200_000: "\(Int(milliseconds / 60_000)) min"
    default: "\(Int(milliseconds / 3_600_000)) h"
    }
  }
}
