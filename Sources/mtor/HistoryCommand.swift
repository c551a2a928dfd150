// SPDX-License-Identifier: Apache-2.0
import JSON
import Log
import Store

extension Commands {
  static let history = Command(
    name: "history",
    summary: "Show what was asked and how it ended, the latest first",
    details: """
      Prints intents that have ended: number, time, realm, user, how long it took, how it ended and why. A
      page ends with the number to ask for the next one with. No mtor has to run.
      """,
    options: [
      Option("realm", value: "REALM", "Only of this realm."),
      Option("user", value: "ID", "Only of this user."),
      Option("before", value: "NUMBER", "Only entries before this one."),
      Option("lines", short: "n", value: "COUNT", "Entries of a page, at most 1000 (50)."),
      .state, .config, .json,
    ],
    examples: [Example("mtor history --realm '$COMMAND'", "Everything that was said or typed.")],
    run: showHistory)

  static let statistics = Command(
    name: "statistics",
    summary: "Show how realms and users are served",
    details: """
      For each realm: how its intents ended, and how long half, nine tenths and 99 of 100 of them took at
      most, as a power of two. For each user: how many intents, how many completed, and the time spent.
      """,
    options: [.state, .config, .json],
    examples: [Example("mtor statistics --json", "For monitoring.")],
    run: showStatistics)

  @Sendable private static func showHistory(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    var scope = HistoryFilter.Scope.all
    if let realm = invocation.value("realm") { scope = .realm(realm) }
    if let user = invocation.value("user") {
      guard scope == .all else { throw CommandFailure(.usage, "give --realm or --user, not both.") }
      scope = .user(user)
    }
    let filter = HistoryFilter(
      scope, before: Int64(try number("before", invocation) ?? Int.max),
      limit: try number("lines", invocation) ?? 50)
    let page = try reading(invocation) { reader throws(StoreError) in try reader.page(filter) }
    if invocation.wantsJSON {
      var object: JSONObject = ["entries": .array(page.entries.map { .object(HistoryText.json($0)) })]
      object["next"] = page.next.map { .integer($0) }
      try Output.json(JSONValue.object(object))
      return .success
    }
    for entry in page.entries { Output.line(HistoryText.line(entry)) }
    if let next = page.next { Output.line("more: --before \(next)") }
    return .success
  }

  @Sendable private static func showStatistics(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let (realms, users) = try reading(invocation) { reader throws(StoreError) in
      (try reader.realms(), try reader.users())
    }
    if invocation.wantsJSON {
      try Output.json(
        JSONValue.object([
          "realms": .array(realms.map { .object(HistoryText.json($0)) }),
          "users": .array(users.map { .object(HistoryText.json($0)) }),
        ]))
      return .success
    }
    var table = TextTable("realm", "completed", "failed", "rejected", "expired", "p50", "p90", "p99")
    for realm in realms {
      table.add(
        [realm.realm] + HistoryEntry.Ending.allCases.map { "\(realm.endings[$0] ?? 0)" }
          + [0.5, 0.9, 0.99].map { HistoryText.bound(realm.times.quantileMS($0)) })
    }
    Output.text(table.text())
    if users.isEmpty { return .success }
    var totals = TextTable("user", "intents", "completed", "time", "last")
    for user in users {
      totals.add(
        user.user, "\(user.intents)", "\(user.completed)", duration(user.took.milliseconds),
        TimeText.local(user.last))
    }
    Output.text("\n" + totals.text())
    return .success
  }

  private static func reading<Value>(
    _ invocation: Invocation, _ body: (HistoryReader) throws(StoreError) -> Value
  ) throws(CommandFailure) -> Value {
    let paths = try storePaths(invocation)
    do throws(StoreError) { return try body(try HistoryReader(paths)) } catch { throw CommandFailure(error) }
  }

  private static func number(_ option: String, _ invocation: Invocation) throws(CommandFailure) -> Int? {
    guard let text = invocation.value(option) else { return nil }
    guard let number = Int(text), number > 0 else {
      throw CommandFailure(.usage, "--\(option) \(text): write a number from 1.")
    }
    return number
  }
}

/// Entries and totals, for people and for programs.
enum HistoryText {
  static func line(_ entry: HistoryEntry) -> String {
    let user = entry.user.isEmpty ? "-" : entry.user
    let reason = entry.reason.map { "  \($0)" } ?? ""
    return LogEvent.escaped(
      "\(entry.id)".leftPadded(to: 6) + "  \(TimeText.local(entry.started))  "
        + "\(entry.realm.padded(to: 10)) \(user.padded(to: 8)) "
        + Commands.duration(entry.took.milliseconds).leftPadded(to: 8)
        + "  \(entry.ending.rawValue)\(reason)")
  }

  static func json(_ entry: HistoryEntry) -> JSONObject {
    var object: JSONObject = [
      "id": .integer(entry.id), "intent": .string(entry.intent), "realm": .string(entry.realm),
      "user": .string(entry.user), "origin": .string(entry.origin), "started": .integer(entry.started),
      "ms": .number(entry.took.milliseconds), "ending": .string(entry.ending.rawValue),
    ]
    object["reason"] = entry.reason.map { .string($0) }
    return object
  }

  static func json(_ realm: RealmStatistics) -> JSONObject {
    var object: JSONObject = ["realm": .string(realm.realm)]
    for ending in HistoryEntry.Ending.allCases {
      object[ending.rawValue] = .integer(Int64(realm.endings[ending] ?? 0))
    }
    object["times"] = .array(realm.times.counts.map { .integer(Int64(clamping: $0)) })
    return object
  }

  static func json(_ user: UserTotals) -> JSONObject {
    [
      "user": .string(user.user), "first": .integer(user.first), "last": .integer(user.last),
      "intents": .integer(Int64(user.intents)), "completed": .integer(Int64(user.completed)),
      "ms": .number(user.took.milliseconds),
    ]
  }

  /// `< 16 ms`.
  static func bound(_ milliseconds: Double?) -> String {
    guard let milliseconds else { return "-" }
    return milliseconds.isFinite ? "< \(Commands.duration(milliseconds))" : "longer"
  }
}
