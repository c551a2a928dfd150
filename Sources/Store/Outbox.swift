// SPDX-License-Identifier: Apache-2.0
import SQLite
import Time

/// Something that is owed to the outside until it says that it has it.
public struct OutboxItem: Sendable, Equatable {
  public static let channelBytesMax = 64
  public static let bodyBytesMax = 256 << 10
  /// What an item takes beside its body, roughly.
  static let overheadBytes = 96

  /// Higher goes first, and is dropped last.
  public enum Priority: Int64, Sendable, CaseIterable { case low, normal, high, urgent }

  /// Never used twice, so that a receiver can tell what it has already; 0 until it is stored.
  public var id: Int64 = 0
  /// Who it is for; from a small set.
  public var channel: String
  public var priority: Priority
  /// Nanoseconds since 1970.
  public var created: Int64
  /// After this nobody wants it any more; nanoseconds since 1970.
  public var deadline: Int64?
  public var attempts = 0
  /// Not 0: this item stands for so many that were dropped or came too late.
  public var dropped = 0
  public var body: [UInt8]

  public init(
    channel: String, priority: Priority = .normal, created: Int64 = Stamp.now.wall, deadline: Int64? = nil,
    body: [UInt8]
  ) {
    self.channel = channel
    self.priority = priority
    self.created = created
    self.deadline = deadline
    self.body = body
  }

  public var isGap: Bool { dropped > 0 }

  var bytes: Int { body.count + Self.overheadBytes }
}

/// The table of what is owed, bounded in bytes. For the thread that owns the connection; every change
/// within a transaction.
///
/// At the bound the oldest items of the lowest priority are dropped. What is dropped leaves a gap item
/// in its channel, which itself is owed until it is acknowledged.
final class Outbox {
  let bytesMax: Int
  private(set) var bytes: Int
  /// Nothing comes too late before this; nil: nothing ever does.
  private var firstDeadline: Int64?
  private let insert: Statement
  private let victim: Statement
  private let expired: Statement
  private let remove: Statement
  private let countUp: Statement
  private let widen: Statement
  private let narrow: Statement
  private let earliest: Statement

  private static let columns = "id, channel, priority, created, deadline, attempts, dropped, body"

  init(_ connection: borrowing Connection, bytesMax: Int) throws(SQLiteError) {
    self.bytesMax = bytesMax
    bytes = Int(
      try connection.integer("SELECT sum(length(body) + \(OutboxItem.overheadBytes)) FROM outbox") ?? 0)
    insert = try connection.prepare(
      "INSERT INTO outbox(channel, priority, created, deadline, dropped, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
    )
    victim = try connection.prepare(
      "SELECT id, channel, length(body) FROM outbox WHERE dropped = 0 ORDER BY priority, id LIMIT 1")
    expired = try connection.prepare(
      "SELECT id, channel, length(body) FROM outbox WHERE deadline < ?1 AND dropped = 0 LIMIT 1")
    remove = try connection.prepare("DELETE FROM outbox WHERE id = ?1 RETURNING length(body)")
    countUp = try connection.prepare("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?1")
    widen = try connection.prepare(
      "UPDATE outbox SET dropped = dropped + 1 WHERE channel = ?1 AND dropped > 0 RETURNING id")
    earliest = try connection.prepare("SELECT min(deadline) FROM outbox")
    narrow = try connection.prepare(
      "UPDATE outbox SET dropped = dropped - ?2 WHERE id = ?1 AND dropped > ?2 RETURNING id")
    firstDeadline = try findFirstDeadline()
  }

  private func findFirstDeadline() throws(SQLiteError) -> Int64? {
    defer { earliest.reset() }
    return try earliest.step() && !earliest.isNull(0) ? earliest.integer(0) : nil
  }

  /// After a rollback.
  func rewind(to bytes: Int) { self.bytes = bytes }

  /// - Parameter onGap: called when a channel gets its first gap since the last was acknowledged.
  func add(
    _ item: OutboxItem, now: Int64, onGap: (String) throws(SQLiteError) -> Void
  ) throws(SQLiteError) {
    try put(item)
    if let deadline = item.deadline { firstDeadline = min(deadline, firstDeadline ?? deadline) }
    try expire(now: now, onGap: onGap)
    while bytes > bytesMax, let lowest = try next(victim, nil) { try drop(lowest, onGap) }
  }

  /// Drops what comes too late now.
  func expire(now: Int64, onGap: (String) throws(SQLiteError) -> Void) throws(SQLiteError) {
    guard let first = firstDeadline, first < now else { return }
    while let late = try next(expired, now) { try drop(late, onGap) }
    firstDeadline = try findFirstDeadline()
  }

  func attempted(_ id: Int64) throws(SQLiteError) {
    try countUp.bind(id, at: 1)
    try countUp.run()
  }

  /// - Parameter dropped: of a gap, what it said when it was sent; more may have been dropped since.
  func acknowledged(_ id: Int64, dropped: Int) throws(SQLiteError) {
    if dropped > 0 {
      try narrow.bind(id, at: 1)
      try narrow.bind(Int64(dropped), at: 2)
      let hasMore = try narrow.step()
      narrow.reset()
      if hasMore { return }
    }
    try delete(id)
  }

  /// What is to be sent next on a channel.
  static func items(
    _ connection: borrowing Connection, channel: String, limit: Int
  ) throws(SQLiteError) -> [OutboxItem] {
    let rows = try connection.prepare(
      "SELECT \(columns) FROM outbox WHERE channel = ?1 ORDER BY priority DESC, id LIMIT ?2")
    try rows.bind(channel, at: 1)
    try rows.bind(Int64(limit), at: 2)
    var items: [OutboxItem] = []
    while try rows.step() { items.append(OutboxItem(rows)) }
    return items
  }

  private func put(_ item: OutboxItem) throws(SQLiteError) {
    try insert.bind(item.channel, at: 1)
    try insert.bind(item.priority.rawValue, at: 2)
    try insert.bind(item.created, at: 3)
    if let deadline = item.deadline { try insert.bind(deadline, at: 4) } else { try insert.bindNull(at: 4) }
    try insert.bind(Int64(item.dropped), at: 5)
    try insert.bind(blob: item.body, at: 6)
    try insert.run()
    bytes += item.bytes
  }

  private struct Victim {
    var id: Int64
    var channel: String
  }

  private func next(_ select: borrowing Statement, _ now: Int64?) throws(SQLiteError) -> Victim? {
    if let now { try select.bind(now, at: 1) }
    guard try select.step() else { return nil }
    defer { select.reset() }
    return Victim(id: select.integer(0), channel: select.text(1))
  }

  private func drop(
    _ item: Victim, _ onGap: (String) throws(SQLiteError) -> Void
  ) throws(SQLiteError) {
    try delete(item.id)
    try widen.bind(item.channel, at: 1)
    let isKnown = try widen.step()
    widen.reset()
    if isKnown { return }
    var gap = OutboxItem(channel: item.channel, priority: .urgent, body: [])
    gap.dropped = 1
    try put(gap)
    try onGap(item.channel)
  }

  private func delete(_ id: Int64) throws(SQLiteError) {
    try remove.bind(id, at: 1)
    if try remove.step() { bytes -= Int(remove.integer(0)) + OutboxItem.overheadBytes }
    remove.reset()
  }
}

extension OutboxItem {
  fileprivate init(_ row: borrowing Statement) {
    self.init(
      channel: row.text(1), priority: Priority(rawValue: row.integer(2)) ?? .normal, created: row.integer(3),
      deadline: row.isNull(4) ? nil : row.integer(4), body: Array(row.bytes(7)))
    id = row.integer(0)
    attempts = Int(row.integer(5))
    dropped = Int(row.integer(6))
  }
}
