// SPDX-License-Identifier: Apache-2.0
import SQLite

/// Opens a file of the store: pragmas, check, migration.
struct StoreFile: Sendable {
  static let pageBytes = 4096
  /// What comes with each page in the write-ahead log.
  static let frameBytes = 24
  /// Memory for pages of one file.
  static let cacheKiB = 512
  /// The write-ahead log is cut back to this after a checkpoint.
  static let logBytesMax = 4 << 20

  let path: String
  let schema: Schema
  /// The file grows to twice this at most; who writes to it makes room before.
  let bytesMax: Int
  /// SQLite's name of a virtual file system: for tests.
  var vfs: String?

  /// - Parameter checks: reads the whole file first.
  /// - Throws: `StoreError.database`; `.damaged`; `.tooNew`; `.unusable` for somebody else's file.
  func open(checks: Bool) throws(StoreError) -> Connection {
    let connection = try attempt { () throws(SQLiteError) in
      let connection = try Connection.open(path, vfs: vfs)
      try connection.execute(pragmas)
      return connection
    }
    if checks {
      let problems = try attempt { () throws(SQLiteError) in try connection.quickCheck() }
      if let problem = problems.first { throw .damaged(path: path, problem: problem) }
    }
    try migrate(connection)
    return connection
  }

  /// `EXTRA` is `FULL` for a write-ahead log. While the file is made there is none yet, and with
  /// `FULL` alone a power cut could bring back the rollback journal of that time, which undoes all.
  private var pragmas: String {
    """
    PRAGMA page_size=\(Self.pageBytes); PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL;
    PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=\(Self.logBytesMax);
    PRAGMA cache_size=-\(Self.cacheKiB); PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;
    PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;
    PRAGMA max_page_count=\(max(64, 2 * bytesMax / Self.pageBytes))
    """
  }

  /// Brings an older file to our version. One that is newer stays as it is.
  private func migrate(_ connection: borrowing Connection) throws(StoreError) {
    let (application, version) = try attempt { () throws(SQLiteError) in
      (
        try connection.integer("PRAGMA application_id") ?? 0,
        Int(try connection.integer("PRAGMA user_version") ?? 0)
      )
    }
    if version > 0, application != Int64(schema.applicationID) {
      throw .unusable("\(path) is not a file of mtor")
    }
    if version > schema.version {
      let oldest = try attempt { () throws(SQLiteError) in
        try connection.integer("SELECT value FROM format WHERE name = 'oldest_program'")
      }
      if oldest.map({ $0 > schema.version }) ?? true {
        throw .tooNew(path: path, version: version, supported: schema.version)
      }
      return
    }
    if version == schema.version { return }
    try attempt { () throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
      do throws(SQLiteError) {
        try connection.execute(steps(from: version))
        try connection.execute("COMMIT")
      } catch {
        if !connection.isAutocommit { try? connection.execute("ROLLBACK") }
        throw error
      }
    }
  }

  private func steps(from version: Int) -> String {
    """
    CREATE TABLE IF NOT EXISTS format(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    \(schema.steps[version...].map(\.sql).joined(separator: "\n"))
    INSERT OR REPLACE INTO format VALUES('oldest_program', \(schema.steps.last?.oldestProgram ?? 1));
    PRAGMA application_id=\(schema.applicationID);
    PRAGMA user_version=\(schema.version)
    """
  }

  private func attempt<Value: ~Copyable>(
    _ body: () throws(SQLiteError) -> Value
  ) throws(StoreError) -> Value {
    do throws(SQLiteError) { return try body() } catch {
      throw error.kind == .corrupt ? .damaged(path: path, problem: error.message) : .database(error)
    }
  }
}
