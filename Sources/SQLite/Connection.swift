// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// One connection to one database file. For one thread at a time: SQLite's own locks are off.
///
/// Its statements may outlive it: the file is closed when the last of them is gone.
public struct Connection: ~Copyable {
  public enum Access: Sendable { case readOnly, readWrite, create }

  /// How long a call waits for the lock of another process before it is `.busy`.
  public static let busyTimeoutMS: Int32 = 5000

  let handle: OpaquePointer

  /// Opens a file; its content is looked at only by the first statement.
  /// - Parameter vfs: SQLite's name of a virtual file system; nil is the system's own.
  /// - Throws: `SQLiteError` of kind `.cannotOpen`, `.readOnly`, `.noMemory` or `.inputOutput`.
  public static func open(
    _ path: String, _ access: Access = .create, vfs: String? = nil
  ) throws(SQLiteError) -> Connection {
    let mode =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(path, &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
    guard code == SQLITE_OK, let handle else {
      let error = SQLiteError("open \(path)", code, on: handle)
      sqlite3_close_v2(handle)
      throw error
    }
    sqlite3_busy_timeout(handle, busyTimeoutMS)
    return Connection(handle: handle)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that give no rows worth reading: pragmas, schema.
  public borrowing func execute(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw SQLiteError(sql, code, on: handle) }
  }

  /// Compiles one statement that will be used often.
  public borrowing func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw SQLiteError(sql, code, on: handle) }
    return Statement(handle: statement)
  }

  /// The first column of the first row; nil when there is no row or it is NULL.
  public borrowing func integer(_ sql: String) throws(SQLiteError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() && !statement.isNull(0) ? statement.integer(0) : nil
  }

  public borrowing func text(_ sql: String) throws(SQLiteError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() && !statement.isNull(0) ? statement.text(0) : nil
  }

  /// Rows changed by the last statement.
  public var changes: Int { Int(sqlite3_changes64(handle)) }
  public var lastRowID: Int64 { sqlite3_last_insert_rowid(handle) }
  /// False inside a transaction.
  public var isAutocommit: Bool { sqlite3_get_autocommit(handle) != 0 }

  /// Pages that went from memory to the write-ahead log or the file since the connection was opened.
  public var pagesWritten: Int {
    var current: Int32 = 0
    var highest: Int32 = 0
    sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_WRITE, &current, &highest, 0)
    return Int(current)
  }

  /// What `checkpoint` found.
  public struct Checkpoint: Sendable, Equatable {
    /// Pages in the write-ahead log, and how many of these the file has now.
    public let logPages: Int
    public let copiedPages: Int
  }

  /// Copies the write-ahead log into the file, as far as readers allow; never waits for them.
  ///
  /// - Parameter truncates: waits for readers, and empties the log's file.
  public borrowing func checkpoint(truncates: Bool = false) throws(SQLiteError) -> Checkpoint {
    var log: Int32 = 0
    var copied: Int32 = 0
    let mode = truncates ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
    let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &log, &copied)
    if code != SQLITE_OK { throw SQLiteError("checkpoint", code, on: handle) }
    return Checkpoint(logPages: Int(log), copiedPages: Int(copied))
  }

  /// Reads the whole file and tells what is wrong with it; empty when nothing is.
  /// Source: sqlite.org/pragma.html#pragma_quick_check.
  public borrowing func quickCheck() throws(SQLiteError) -> [String] {
    do throws(SQLiteError) {
      let statement = try prepare("PRAGMA quick_check(10)")
      var problems: [String] = []
      while try statement.step() { problems.append(statement.text(0)) }
      return problems == ["ok"] ? [] : problems
    } catch {
      // Too damaged to be checked.
      if error.kind == .corrupt { return [error.message] }
      throw error
    }
  }
}
