// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A compiled statement. Parameters count from 1, columns from 0, as SQLite has it.
///
/// Binding, running and reading allocate nothing of ours.
public struct Statement: ~Copyable {
  let handle: OpaquePointer

  init(handle: OpaquePointer) { self.handle = handle }

  deinit { sqlite3_finalize(handle) }

  // MARK: Parameters

  public borrowing func bind(_ value: Int64, at index: Int32) throws(SQLiteError) {
    try check(sqlite3_bind_int64(handle, index, value))
  }

  public borrowing func bindNull(at index: Int32) throws(SQLiteError) {
    try check(sqlite3_bind_null(handle, index))
  }

  /// Copies the text.
  public borrowing func bind(_ text: String, at index: Int32) throws(SQLiteError) {
    var text = text
    let handle = handle
    try check(
      text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          csqlite_bind_text_copy(handle, index, $0.baseAddress, Int32($0.count))
        }
      })
  }

  /// A blob. Borrows the bytes until the statement has run or is bound anew.
  public borrowing func bind(
    blob bytes: UnsafeRawBufferPointer, at index: Int32
  ) throws(SQLiteError) {
    // A null pointer would be NULL; an empty blob is not.
    try check(
      bytes.baseAddress.map { sqlite3_bind_blob64(handle, index, $0, UInt64(bytes.count), nil) }
        ?? sqlite3_bind_zeroblob(handle, index, 0))
  }

  /// A copied blob, or NULL.
  public borrowing func bind(blob bytes: [UInt8]?, at index: Int32) throws(SQLiteError) {
    guard let bytes else { return try bindNull(at: index) }
    let handle = handle
    try check(
      bytes.withUnsafeBytes {
        $0.isEmpty
          ? sqlite3_bind_zeroblob(handle, index, 0)
          : csqlite_bind_blob_copy(handle, index, $0.baseAddress, Int32($0.count))
      })
  }

  /// A text of UTF-8 bytes. Borrows them until the statement has run or is bound anew.
  public borrowing func bind(
    text bytes: UnsafeRawBufferPointer, at index: Int32
  ) throws(SQLiteError) {
    guard let start = bytes.baseAddress else { return try bind("", at: index) }
    try check(
      sqlite3_bind_text64(
        handle, index, start.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), nil,
        UInt8(SQLITE_UTF8)))
  }

  /// Binds each column of the other statement's current row to the parameter of the same place.
  public borrowing func bind(rowOf other: borrowing Statement) throws(SQLiteError) {
    for column in 0..<Int32(other.columnCount) {
      try check(sqlite3_bind_value(handle, column + 1, sqlite3_column_value(other.handle, column)))
    }
  }

  // MARK: Running

  /// Goes to the next row; false after the last, and then the statement is ready for another run.
  public borrowing func step() throws(SQLiteError) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    sqlite3_reset(handle)
    if code == SQLITE_DONE { return false }
    throw failure(code)
  }

  /// Runs a statement to its end, whatever rows it has.
  public borrowing func run() throws(SQLiteError) {
    while try step() {}
  }

  /// Ends a run before its last row, so that it holds no lock.
  public borrowing func reset() { sqlite3_reset(handle) }

  // MARK: Columns of the current row

  public var columnCount: Int { Int(sqlite3_column_count(handle)) }
  public borrowing func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  public borrowing func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  public borrowing func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

  /// The bytes of a blob or text; valid until the next `step`, `run` or `reset`.
  public borrowing func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }

  private borrowing func check(_ code: Int32) throws(SQLiteError) {
    if code != SQLITE_OK { throw failure(code) }
  }

  private borrowing func failure(_ code: Int32) -> SQLiteError {
    SQLiteError(String(cString: sqlite3_sql(handle)), code, on: sqlite3_db_handle(handle))
  }
}
