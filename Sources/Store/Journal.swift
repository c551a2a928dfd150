// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON
import SQLite
import Time

/// Appends to the chain. For the thread that owns the connection; allocates nothing per row.
final class Journal {
  /// Where the chain ends.
  struct Position: Equatable {
    var seq: Int64
    var hash: Digest

    static let empty = Position(seq: 0, hash: .zero)
  }

  private(set) var position: Position
  private let boot: [UInt8]
  private let hasher = RowHasher()
  private let insert: Statement
  private let insertHead: Statement

  /// - Throws: `SQLiteError`; also when the last row cannot be a row of a journal.
  init(_ connection: borrowing Connection, boot: BootID) throws(SQLiteError) {
    self.boot = boot.bytes
    position = try Self.end(connection)
    insert = try connection.prepare(
      "INSERT INTO journal(\(JournalRow.columns)) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    insertHead = try connection.prepare(
      "INSERT OR REPLACE INTO heads(\(JournalHead.columns)) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
  }

  /// The last row's place; empty when there is none.
  static func end(_ connection: borrowing Connection) throws(SQLiteError) -> Position {
    let last = try connection.prepare("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    guard try last.step() else { return .empty }
    return Position(seq: last.integer(0), hash: Digest(last.bytes(1)) ?? .zero)
  }

  /// Adds a row within the current transaction.
  ///
  /// - Parameter seq: leaves numbers out; only `recover` does that, for rows that were lost.
  func append(_ entry: JournalEntry, seq: Int64? = nil) throws(SQLiteError) {
    let seq = seq ?? position.seq + 1
    let kind = entry.kind
    let previous = position.hash
    let monotonic = entry.stamp.monotonic.nanoseconds
    let hash = entry.body.withUnsafeBytes { body in
      boot.withUnsafeBytes { boot in
        Self.withBytes(of: kind) { kind in
          hasher.hash(
            previous: previous, seq: seq, wall: entry.stamp.wall, monotonic: monotonic, boot: boot,
            kind: kind, body: body)
        }
      }
    }
    try insert.bind(seq, at: 1)
    try insert.bind(entry.stamp.wall, at: 2)
    try insert.bind(Int64(bitPattern: monotonic), at: 3)
    try insert.bind(kind, at: 5)
    try Self.run(insert, boot: boot, body: entry.body, previous: previous, hash: hash)
    position = Position(seq: seq, hash: hash)
  }

  /// Binds what SQLite borrows, and runs: the bytes have to stay until then.
  private static func run(
    _ insert: borrowing Statement, boot: [UInt8], body: [UInt8], previous: Digest, hash: Digest
  ) throws(SQLiteError) {
    try boot.withBytes { (boot) throws(SQLiteError) in
      try insert.bind(blob: boot, at: 4)
      try body.withBytes { (body) throws(SQLiteError) in
        try insert.bind(text: body, at: 6)
        try previous.withBytes { (previous) throws(SQLiteError) in
          try insert.bind(blob: previous, at: 7)
          try hash.withBytes { (hash) throws(SQLiteError) in
            try insert.bind(blob: hash, at: 8)
            try insert.run()
          }
        }
      }
    }
  }

  /// The transaction was rolled back.
  func rewind(to position: Position) { self.position = position }

  /// Writes a head for where the chain ends, within the current transaction.
  func appendHead(first: Int64, at wall: Int64, key: SigningKey?) throws(SQLiteError) -> JournalHead {
    var head = JournalHead(seq: position.seq, hash: position.hash, first: first, wall: wall)
    if let key { head.sign(key) }
    try insertHead.bind(head.seq, at: 1)
    try insertHead.bind(first, at: 2)
    try insertHead.bind(wall, at: 3)
    try insertHead.bind(blob: head.hash.bytes, at: 4)
    try insertHead.bind(blob: head.publicKey?.bytes, at: 5)
    try insertHead.bind(blob: head.signature?.bytes, at: 6)
    try insertHead.run()
    return head
  }

  private static func withBytes<Result>(
    of text: String, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    var text = text
    return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
