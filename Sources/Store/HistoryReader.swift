// SPDX-License-Identifier: Apache-2.0
import SQLite

/// Reads the history of all shards, also while a daemon writes to it. For one thread; blocks.
public struct HistoryReader: Sendable {
  private let paths: StorePaths

  /// - Throws: `StoreError.unusable` when there is no history.
  public init(_ paths: StorePaths) throws(StoreError) {
    self.paths = paths
    if paths.shardNames().isEmpty { throw .unusable("there is no history in \(paths.directory)") }
  }

  public func page(_ filter: HistoryFilter) throws(StoreError) -> HistoryPage {
    var found: [HistoryEntry] = []
    try visit { (connection) throws(SQLiteError) in found += try ShardFile.entries(connection, filter) }
    found.sort { $0.id > $1.id }
    let entries = Array(found.prefix(filter.limit))
    return HistoryPage(entries: entries, next: entries.count == filter.limit ? entries.last?.id : nil)
  }

  /// By their names.
  public func realms() throws(StoreError) -> [RealmStatistics] {
    // Added up outside: Swift 6.0's compiler crashes on a loop in such a closure.
    var shards: [RealmStatistics] = []
    try visit { (connection) throws(SQLiteError) in shards += try ShardFile.realms(connection) }
    var found: [String: RealmStatistics] = [:]
    for statistics in shards {
      found[statistics.realm, default: RealmStatistics(realm: statistics.realm)].add(statistics)
    }
    return found.values.sorted { $0.realm < $1.realm }
  }

  /// By their ids.
  public func users() throws(StoreError) -> [UserTotals] {
    var found: [UserTotals] = []
    try visit { (connection) throws(SQLiteError) in found += try ShardFile.users(connection) }
    return found.sorted { $0.user < $1.user }
  }

  private func visit(_ body: (borrowing Connection) throws(SQLiteError) -> Void) throws(StoreError) {
    do throws(SQLiteError) {
      for name in paths.shardNames() { try body(try Connection.open(paths.shard(name), .readOnly)) }
    } catch { throw .database(error) }
  }
}
