// SPDX-License-Identifier: Apache-2.0
import Posix
import SQLite
import Time

/// The history of all users, in the files that the map says. For the store's queue.
final class Shards {
  private let options: StoreOptions
  private var files: [String: ShardFile] = [:]
  private var lastID: Int64 = 0
  private(set) var damaged: [StoreEvent] = []

  /// Opens every shard, and moves the users who are in another file than the map says.
  init(_ options: StoreOptions, at stamp: Stamp) throws(StoreError) {
    self.options = options
    for name in Set(options.shards.shards + options.paths.shardNames()) {
      files[name] = try open(name, at: stamp)
    }
    do throws(SQLiteError) {
      for name in files.keys.sorted() { try moveStrangers(of: name) }
      for file in files.values { lastID = max(lastID, try file.lastID()) }
    } catch { throw .database(error) }
  }

  func add(_ entries: [HistoryEntry]) throws(StoreError) {
    var numbered: [String: [HistoryEntry]] = [:]
    for var entry in entries {
      lastID += 1
      entry.id = lastID
      numbered[options.shards.shard(of: entry.user), default: []].append(entry)
    }
    do throws(SQLiteError) {
      for (name, entries) in numbered { try files[name]?.add(entries) }
    } catch { throw .database(error) }
  }

  /// Copies logs into files and keeps their size.
  /// - Returns: pages copied.
  func tidy(truncates: Bool = false) throws(StoreError) -> Int {
    var pages = 0
    do throws(SQLiteError) {
      for file in files.values {
        if !truncates { try file.keepSize(bytesMax: options.historyBytesMax) }
        pages += max(0, try file.connection.checkpoint(truncates: truncates).copiedPages)
      }
    } catch { throw .database(error) }
    return pages
  }

  var pagesWritten: Int { files.values.reduce(0) { $0 + $1.connection.pagesWritten } }

  private func open(_ name: String, at stamp: Stamp) throws(StoreError) -> ShardFile {
    let file = StoreFile(
      path: options.paths.shard(name), schema: .shard, bytesMax: options.historyBytesMax, vfs: options.vfs)
    do throws(StoreError) {
      return try shardFile(name, try file.open(checks: true))
    } catch {
      guard case .damaged(let path, let problem) = error else { throw error }
      let aside = try Quarantine(path: path).putAside(at: stamp.wall)
      let connection = try file.open(checks: false)
      try database { () throws(SQLiteError) in
        try Quarantine.salvage(aside, into: connection, tables: ["users", "realms", "history"])
      }
      damaged.append(.quarantined(file: aside, problem: problem, rows: 0))
      return try shardFile(name, connection)
    }
  }

  private func shardFile(
    _ name: String, _ connection: consuming Connection
  ) throws(StoreError) -> ShardFile {
    do throws(SQLiteError) { return try ShardFile(name, connection) } catch { throw .database(error) }
  }

  /// First the copy is on the medium, then the original goes: a crash between leaves both, and the next
  /// start does it again without harm.
  private func moveStrangers(of name: String) throws(SQLiteError) {
    guard let source = files[name] else { return }
    let users = try ShardFile.users(source.connection).map(\.user) + [""]
    for user in users {
      let home = options.shards.shard(of: user)
      guard home != name, let target = files[home] else { continue }
      try target.connection.execute("BEGIN IMMEDIATE")
      for table in ["history", "users"] {
        try Self.copy(user, table, from: source.connection, to: target.connection)
      }
      try target.connection.execute("COMMIT")
      try source.connection.execute("BEGIN IMMEDIATE")
      for table in ["history", "users"] {
        let remove = try source.connection.prepare("DELETE FROM \(table) WHERE user = ?1")
        try remove.bind(user, at: 1)
        try remove.run()
      }
      try source.connection.execute("COMMIT")
    }
  }

  private static func copy(
    _ user: String, _ table: String, from source: borrowing Connection, to target: borrowing Connection
  ) throws(SQLiteError) {
    let rows = try source.prepare("SELECT * FROM \(table) WHERE user = ?1")
    try rows.bind(user, at: 1)
    let marks = repeatElement("?", count: rows.columnCount).joined(separator: ",")
    let insert = try target.prepare("INSERT OR IGNORE INTO \(table) VALUES(\(marks))")
    while try rows.step() {
      try insert.bind(rowOf: rows)
      try insert.run()
    }
  }
}

extension StorePaths {
  private static let shardPrefix = "users-"
  private static let shardSuffix = ".db"

  public func shard(_ name: String) -> String {
    "\(directory)/\(Self.shardPrefix)\(name)\(Self.shardSuffix)"
  }

  /// The shards whose files are there.
  public func shardNames() -> [String] {
    (Directory.names(in: directory) ?? []).filter {
      $0.hasPrefix(Self.shardPrefix) && $0.hasSuffix(Self.shardSuffix)
    }.map { String($0.dropFirst(Self.shardPrefix.count).dropLast(Self.shardSuffix.count)) }
  }
}
