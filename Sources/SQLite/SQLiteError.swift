// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A call of SQLite failed: what was tried, and why in SQLite's words.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What a caller can do about it.
  public enum Kind: Sendable, Equatable {
    /// No space left, or the size cap of the file is reached.
    case full
    /// The file or its file system cannot be written.
    case readOnly
    /// Another process holds the lock for longer than the busy timeout.
    case busy
    /// The file is damaged, or not a database at all.
    case corrupt
    /// The device failed.
    case inputOutput
    case noMemory
    /// The file cannot be opened or made.
    case cannotOpen
    /// A row breaks a constraint, is too big or of the wrong type.
    case refused
    /// A mistake of the caller: wrong SQL, wrong parameter.
    case misuse
  }

  public let kind: Kind
  /// SQLite's extended result code (sqlite.org/rescode.html).
  public let code: Int32
  /// What was tried, e.g. `open /var/lib/mtor/mtor.db` or the SQL text.
  public let operation: String
  public let message: String

  public var description: String { "\(operation): \(message)" }

  init(_ operation: String, _ code: Int32, message: String? = nil) {
    kind = Self.kind(code)
    self.code = code
    self.operation = operation
    self.message = message ?? String(cString: sqlite3_errstr(code))
  }

  /// The last failure on a connection, which may be nil when none could be made.
  init(_ operation: String, _ code: Int32, on handle: OpaquePointer?) {
    self.init(operation, code, message: handle.map { String(cString: sqlite3_errmsg($0)) })
  }

  /// A database, but of another program.
  public static func notOurs(_ path: String) -> SQLiteError {
    SQLiteError("open \(path)", SQLITE_NOTADB, message: "it belongs to another program")
  }

  /// What a check has found.
  public static func damaged(_ path: String, _ problem: String) -> SQLiteError {
    SQLiteError("check \(path)", SQLITE_CORRUPT, message: problem)
  }

  private static func kind(_ code: Int32) -> Kind {
    switch code & 0xff {
    case SQLITE_FULL: .full
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: .corrupt
    case SQLITE_IOERR: code == ioErrorNoMemory ? .noMemory : .inputOutput
    case SQLITE_NOMEM: .noMemory
    case SQLITE_CANTOPEN: .cannotOpen
    case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH: .refused
    default: .misuse
    }
  }

  /// `SQLITE_IOERR_NOMEM`, an expression that Swift does not import.
  private static let ioErrorNoMemory = SQLITE_IOERR | (12 << 8)
}
