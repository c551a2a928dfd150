// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON
import SQLite
import Time

/// A row of the journal as it is stored.
public struct JournalRow: Sendable, Equatable {
  /// From 1, without gaps.
  public var seq: Int64
  public var stamp: Stamp
  public var boot: BootID
  public var kind: String
  /// Canonical JSON.
  public var body: [UInt8]
  /// The hash of the row before; zero for the first.
  public var previous: Digest
  public var hash: Digest

  /// The columns in the order in which `init(_:)` reads them.
  static let columns = "seq, wall, mono, boot, kind, body, previous, hash"

  /// The row a statement stands on; nil when a column has not the size it must have.
  init?(_ statement: borrowing Statement) {
    guard let boot = BootID(statement.bytes(3)), let previous = Digest(statement.bytes(6)),
      let hash = Digest(statement.bytes(7))
    else { return nil }
    seq = statement.integer(0)
    stamp = Stamp(
      wall: statement.integer(1),
      monotonic: Instant(nanoseconds: UInt64(bitPattern: statement.integer(2))))
    self.boot = boot
    kind = statement.text(4)
    body = Array(statement.bytes(5))
    self.previous = previous
    self.hash = hash
  }

  /// The body's members; empty when it is not a JSON object.
  public var members: JSONObject {
    let value = try? JSONText.value(body)
    return value?.objectValue ?? JSONObject()
  }

  /// One line of an export: all that is needed to verify the chain again.
  public var json: JSONObject {
    [
      "seq": .integer(seq), "wall": .integer(stamp.wall),
      "mono": .integer(Int64(clamping: stamp.monotonic.nanoseconds)), "boot": .string("\(boot)"),
      "kind": .string(kind), "body": .object(members), "previous": .string("\(previous)"),
      "hash": .string("\(hash)"),
    ]
  }
}
