// SPDX-License-Identifier: Apache-2.0
import Time

/// One change of what is stored. The changes of one commit are stored together or not at all.
public enum Write: Sendable, Equatable {
  public static let keyBytesMax = 128
  public static let checkpointBytesMax = 256 << 10

  case journal(JournalEntry)
  /// The state that `key`'s owner wants to find after a restart; nil: none any more.
  case checkpoint(key: String, body: [UInt8]?)
  /// Something for the outside, until it is acknowledged.
  case owe(OutboxItem)
  /// What of the outbox comes too late now is dropped.
  case expire
  /// An item was sent; nobody has said yet that he has it.
  case attempted(id: Int64)
  /// Its receiver has it. Of a gap: what it said when it was sent.
  case acknowledged(id: Int64, dropped: Int)

  /// Memory it takes while it waits, roughly.
  var bytes: Int {
    switch self {
    case .journal(let entry): 64 + entry.kind.utf8.count + entry.body.count
    case .checkpoint(let key, let body): 64 + key.utf8.count + (body?.count ?? 0)
    case .owe(let item): item.bytes
    case .expire, .attempted, .acknowledged: 64
    }
  }

  /// - Throws: `StoreError.tooBig`.
  func check() throws(StoreError) {
    switch self {
    case .journal(let entry):
      try Self.check("the journal's kind", entry.kind.utf8.count, JournalEntry.kindBytesMax)
      try Self.check("the body of '\(entry.kind)'", entry.body.count, JournalEntry.bodyBytesMax)
    case .checkpoint(let key, let body):
      try Self.check("the checkpoint's key", key.utf8.count, Self.keyBytesMax)
      try Self.check("the checkpoint '\(key)'", body?.count ?? 0, Self.checkpointBytesMax)
    case .owe(let item):
      try Self.check("the outbox's channel", item.channel.utf8.count, OutboxItem.channelBytesMax)
      try Self.check("an item for '\(item.channel)'", item.body.count, OutboxItem.bodyBytesMax)
    case .expire, .attempted, .acknowledged: break
    }
  }

  /// What is counted when it could not be stored.
  var name: String {
    switch self {
    case .journal(let entry): entry.kind
    case .checkpoint: "checkpoint"
    case .owe, .expire, .attempted, .acknowledged: "outbox"
    }
  }

  private static func check(
    _ what: @autoclosure () -> String, _ bytes: Int, _ bytesMax: Int
  ) throws(StoreError) {
    if bytes > bytesMax { throw .tooBig(what: what(), bytes: bytes, bytesMax: bytesMax) }
  }
}

/// What a caller wants to be sure of.
public enum Durability: Sendable {
  /// Committed and on the medium before the caller hears of it; several waiting ones share a commit.
  case now
  /// Committed with others: at most `Store.soonDelay` later, or with `Store.soonRows` of them.
  case soon
}

/// A checkpoint as it was stored last.
public struct Checkpoint: Sendable, Equatable {
  public let key: String
  public let body: [UInt8]
  /// The last row of the journal at that time.
  public let seq: Int64
}
