// SPDX-License-Identifier: Apache-2.0
import Crypto
import SQLite
import Time

/// The open file of journal and checkpoints. For the store's queue.
///
/// After an error other than `full` it is not used again: what SQLite and the system have in
/// memory may then differ from the medium.
final class MainFile {
  let connection: Connection
  let journal: Journal
  private let begin: Statement
  private let commit: Statement
  private let setCheckpoint: Statement
  private let removeCheckpoint: Statement
  private let countBytes: Statement
  private let outbox: Outbox
  private(set) var headSeq: Int64
  private var firstSeq: Int64

  init(
    _ connection: consuming Connection, boot: BootID, outboxBytesMax: Int
  ) throws(SQLiteError) {
    outbox = try Outbox(connection, bytesMax: outboxBytesMax)
    journal = try Journal(connection, boot: boot)
    begin = try connection.prepare("BEGIN IMMEDIATE")
    commit = try connection.prepare("COMMIT")
    setCheckpoint = try connection.prepare(
      "INSERT OR REPLACE INTO checkpoints(key, body, seq) VALUES(?1, ?2, ?3)")
    removeCheckpoint = try connection.prepare("DELETE FROM checkpoints WHERE key = ?1")
    countBytes = try connection.prepare("INSERT OR REPLACE INTO format VALUES('bytes_written', ?1)")
    headSeq = try connection.integer("SELECT max(seq) FROM heads") ?? 0
    firstSeq = try connection.integer("SELECT min(seq) FROM journal") ?? 1
    self.connection = connection
  }

  /// All of `body` or nothing; durable when it returns.
  func transact<Value>(_ body: () throws(SQLiteError) -> Value) throws(SQLiteError) -> Value {
    let position = journal.position
    let head = headSeq
    let first = firstSeq
    let owed = outbox.bytes
    do throws(SQLiteError) {
      try begin.run()
      let value = try body()
      try commit.run()
      return value
    } catch {
      if !connection.isAutocommit { try? connection.execute("ROLLBACK") }
      journal.rewind(to: position)
      headSeq = head
      firstSeq = first
      outbox.rewind(to: owed)
      throw error
    }
  }

  /// Within a transaction.
  func apply(_ write: Write, at stamp: Stamp) throws(SQLiteError) {
    switch write {
    case .journal(let entry): try journal.append(entry)
    case .checkpoint(let key, let body?):
      try setCheckpoint.bind(key, at: 1)
      try setCheckpoint.bind(journal.position.seq, at: 3)
      try body.withBytes { (bytes) throws(SQLiteError) in
        try setCheckpoint.bind(blob: bytes, at: 2)
        try setCheckpoint.run()
      }
    case .checkpoint(let key, nil):
      try removeCheckpoint.bind(key, at: 1)
      try removeCheckpoint.run()
    case .owe(let item):
      try outbox.add(item, now: stamp.wall) { (channel) throws(SQLiteError) in
        try journal.append(Self.gap(channel, at: stamp))
      }
    case .expire:
      try outbox.expire(now: stamp.wall) { (channel) throws(SQLiteError) in
        try journal.append(Self.gap(channel, at: stamp))
      }
    case .attempted(let id): try outbox.attempted(id)
    case .acknowledged(let id, let dropped): try outbox.acknowledged(id, dropped: dropped)
    }
  }

  private static func gap(_ channel: String, at stamp: Stamp) -> JournalEntry {
    JournalEntry("outbox.gap", ["channel": .string(channel)], at: stamp)
  }

  /// What is to be sent next on a channel: the highest priority first, then the oldest.
  func owed(channel: String, limit: Int) throws(SQLiteError) -> [OutboxItem] {
    try Outbox.items(connection, channel: channel, limit: limit)
  }

  /// Within a transaction: a head when there are rows without one.
  func appendHead(at wall: Int64, key: SigningKey?) throws(SQLiteError) -> JournalHead? {
    if journal.position.seq == headSeq { return nil }
    let head = try journal.appendHead(first: firstSeq, at: wall, key: key)
    headSeq = head.seq
    return head
  }

  /// The checkpoints whose keys begin with `prefix`, by their keys.
  func checkpoints(prefix: String) throws(SQLiteError) -> [Checkpoint] {
    let rows = try connection.prepare(
      "SELECT key, body, seq FROM checkpoints WHERE key >= ?1 ORDER BY key")
    try rows.bind(prefix, at: 1)
    var found: [Checkpoint] = []
    while try rows.step() {
      let key = rows.text(0)
      guard key.hasPrefix(prefix) else { break }
      found.append(Checkpoint(key: key, body: Array(rows.bytes(1)), seq: rows.integer(2)))
    }
    return found
  }

  /// The hash of a row; nil when it is not there.
  func hash(of seq: Int64) throws(SQLiteError) -> Digest? {
    let row = try connection.prepare("SELECT hash FROM journal WHERE seq = ?1")
    try row.bind(seq, at: 1)
    return try row.step() ? Digest(row.bytes(0)) : nil
  }

  /// Bytes of the file that are in use.
  func bytesUsed() throws(SQLiteError) -> Int {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    return Int(pages - free) * StoreFile.pageBytes
  }

  /// Within a transaction: removes a quarter of the rows, the first ones, but never the last one.
  /// - Returns: the last that was removed; nil when there was nothing to remove.
  func removeOldest(rowsMax: Int) throws(SQLiteError) -> Journal.Position? {
    let count = min(Int64(rowsMax), max(1, (journal.position.seq - firstSeq) / 4))
    let row = try connection.prepare("SELECT seq, hash FROM journal WHERE seq < ?1 ORDER BY seq DESC LIMIT 1")
    try row.bind(min(firstSeq + count, journal.position.seq), at: 1)
    guard try row.step() else { return nil }
    let last = Journal.Position(seq: row.integer(0), hash: Digest(row.bytes(1)) ?? .zero)
    row.reset()
    for table in ["journal", "heads"] {
      let remove = try connection.prepare("DELETE FROM \(table) WHERE seq <= ?1")
      try remove.bind(last.seq, at: 1)
      try remove.run()
    }
    firstSeq = last.seq + 1
    return last
  }

  /// What all daemons together have written to this file.
  func bytesWritten() throws(SQLiteError) -> Int {
    Int(try connection.integer("SELECT value FROM format WHERE name = 'bytes_written'") ?? 0)
  }

  func setBytesWritten(_ bytes: Int) throws(SQLiteError) {
    try countBytes.bind(Int64(bytes), at: 1)
    try countBytes.run()
  }
}
