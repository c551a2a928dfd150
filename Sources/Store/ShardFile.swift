// SPDX-License-Identifier: Apache-2.0
import SQLite
import Time

/// The open file of one shard: history, its statistics, its users. For the store's queue.
final class ShardFile {
  let name: String
  let connection: Connection
  private let insert: Statement
  private let setRealm: Statement
  private let countUser: Statement
  private var realms: [String: RealmStatistics] = [:]

  /// Realms counted one by one; further ones are counted together.
  static let realmsMax = 64
  static let otherRealm = "other"

  static let columns = "id, intent, realm, user, origin, started, took, ending, reason"

  init(_ name: String, _ connection: consuming Connection) throws(SQLiteError) {
    self.name = name
    insert = try connection.prepare(
      "INSERT INTO history(\(Self.columns)) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
    setRealm = try connection.prepare(
      """
      INSERT OR REPLACE INTO realms(realm, completed, failed, rejected, expired, times)
      VALUES(?1, ?2, ?3, ?4, ?5, ?6)
      """)
    countUser = try connection.prepare(
      """
      INSERT INTO users(user, first, last, intents, completed, took) VALUES(?1, ?2, ?2, 1, ?3, ?4)
      ON CONFLICT(user) DO UPDATE SET last = max(last, ?2), intents = intents + 1,
        completed = completed + ?3, took = took + ?4
      """)
    for statistics in try Self.realms(connection) { realms[statistics.realm] = statistics }
    self.connection = connection
  }

  /// Adds entries in one transaction.
  func add(_ entries: [HistoryEntry]) throws(SQLiteError) {
    let before = realms
    do throws(SQLiteError) {
      try connection.execute("BEGIN IMMEDIATE")
      var changed: Set<String> = []
      for entry in entries {
        try add(entry)
        let isKnown = realms[entry.realm] != nil || realms.count < Self.realmsMax
        let realm = isKnown ? entry.realm : Self.otherRealm
        realms[realm, default: RealmStatistics(realm: realm)].add(entry)
        changed.insert(realm)
      }
      for realm in changed { try write(realms[realm]) }
      try connection.execute("COMMIT")
    } catch {
      realms = before
      if !connection.isAutocommit { try? connection.execute("ROLLBACK") }
      throw error
    }
  }

  private func add(_ entry: HistoryEntry) throws(SQLiteError) {
    try insert.bind(entry.id, at: 1)
    try insert.bind(entry.intent, at: 2)
    try insert.bind(entry.realm, at: 3)
    try insert.bind(entry.user, at: 4)
    try insert.bind(entry.origin, at: 5)
    try insert.bind(entry.started, at: 6)
    try insert.bind(entry.took.nanoseconds, at: 7)
    try insert.bind(entry.ending.rawValue, at: 8)
    if let reason = entry.reason { try insert.bind(reason, at: 9) } else { try insert.bindNull(at: 9) }
    try insert.run()
    if entry.user.isEmpty { return }
    try countUser.bind(entry.user, at: 1)
    try countUser.bind(entry.started, at: 2)
    try countUser.bind(entry.ending == .completed ? 1 : 0, at: 3)
    try countUser.bind(entry.took.nanoseconds, at: 4)
    try countUser.run()
  }

  private func write(_ statistics: RealmStatistics?) throws(SQLiteError) {
    guard let statistics else { return }
    try setRealm.bind(statistics.realm, at: 1)
    for (index, ending) in HistoryEntry.Ending.allCases.enumerated() {
      try setRealm.bind(Int64(statistics.endings[ending] ?? 0), at: Int32(index + 2))
    }
    try setRealm.bind(blob: statistics.times.bytes, at: 6)
    try setRealm.run()
  }

  /// The number of the last entry.
  func lastID() throws(SQLiteError) -> Int64 { try connection.integer("SELECT max(id) FROM history") ?? 0 }

  /// Removes a quarter of the entries, the oldest, when the file is too big.
  func keepSize(bytesMax: Int) throws(SQLiteError) {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    if Int(pages - free) * StoreFile.pageBytes <= bytesMax { return }
    try connection.execute(
      """
      DELETE FROM history WHERE id <=
        (SELECT id FROM history ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 4 FROM history))
      """)
  }

  // MARK: Reading, also by other processes

  static func realms(_ connection: borrowing Connection) throws(SQLiteError) -> [RealmStatistics] {
    let rows = try connection.prepare(
      "SELECT realm, completed, failed, rejected, expired, times FROM realms ORDER BY realm")
    var found: [RealmStatistics] = []
    while try rows.step() {
      var statistics = RealmStatistics(realm: rows.text(0))
      for (index, ending) in HistoryEntry.Ending.allCases.enumerated() {
        statistics.endings[ending] = Int(rows.integer(Int32(index + 1)))
      }
      statistics.times = Histogram(rows.bytes(5)) ?? Histogram()
      found.append(statistics)
    }
    return found
  }

  static func users(_ connection: borrowing Connection) throws(SQLiteError) -> [UserTotals] {
    let rows = try connection.prepare(
      "SELECT user, first, last, intents, completed, took FROM users ORDER BY user")
    var found: [UserTotals] = []
    while try rows.step() {
      found.append(
        UserTotals(
          user: rows.text(0), first: rows.integer(1), last: rows.integer(2), intents: Int(rows.integer(3)),
          completed: Int(rows.integer(4)), took: .nanoseconds(rows.integer(5))))
    }
    return found
  }

  /// By an index, whatever the size of the table.
  static func entries(
    _ connection: borrowing Connection, _ filter: HistoryFilter
  ) throws(SQLiteError) -> [HistoryEntry] {
    let condition: String
    let value: String?
    switch filter.scope {
    case .all: (condition, value) = ("", nil)
    case .realm(let realm): (condition, value) = ("realm = ?3 AND", realm)
    case .user(let user): (condition, value) = ("user = ?3 AND", user)
    }
    let rows = try connection.prepare(
      "SELECT \(columns) FROM history WHERE \(condition) id < ?1 ORDER BY id DESC LIMIT ?2")
    try rows.bind(filter.before, at: 1)
    try rows.bind(Int64(filter.limit), at: 2)
    if let value { try rows.bind(value, at: 3) }
    var found: [HistoryEntry] = []
    while try rows.step() { found.append(HistoryEntry(rows)) }
    return found
  }
}

extension HistoryEntry {
  fileprivate init(_ row: borrowing Statement) {
    self.init(
      intent: row.text(1), realm: row.text(2), user: row.text(3), origin: row.text(4),
      started: row.integer(5), took: .nanoseconds(row.integer(6)),
      ending: Ending(rawValue: row.text(7)) ?? .failed, reason: row.isNull(8) ? nil : row.text(8))
    id = row.integer(0)
  }
}
