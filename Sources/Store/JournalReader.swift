// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON
import SQLite

/// Reads a journal, also while a daemon writes to it. For one thread; blocks.
public struct JournalReader: ~Copyable {
  let connection: Connection

  /// - Parameter path: the file `mtor.db`, see `StorePaths`.
  /// - Throws: `StoreError.unusable` when there is none or it is something else.
  public static func open(_ path: String, vfs: String? = nil) throws(StoreError) -> JournalReader {
    do throws(SQLiteError) {
      let connection = try Connection.open(path, .readOnly, vfs: vfs)
      try connection.execute("PRAGMA mmap_size=0")
      guard try connection.integer("PRAGMA application_id") == Int64(Schema.main.applicationID) else {
        throw SQLiteError.notOurs(path)
      }
      return JournalReader(connection: connection)
    } catch {
      throw error.kind == .cannotOpen ? .unusable("there is no journal at \(path)") : .database(error)
    }
  }

  /// Looks at every row: one read transaction, so that nothing changes meanwhile.
  ///
  /// - Parameters:
  ///   - anchor: a head that is kept outside.
  ///   - key: who must have signed the latest head; nil: whoever it names.
  public borrowing func verify(
    anchor: JournalHead? = nil, key: PublicKey? = nil
  ) throws(StoreError) -> Verification {
    do throws(SQLiteError) {
      var chain = ChainCheck()
      let heads = try connection.prepare("SELECT \(JournalHead.columns) FROM heads ORDER BY seq")
      let rows = try connection.prepare("SELECT \(JournalRow.columns) FROM journal ORDER BY seq")
      let hasher = RowHasher()
      var head = try Self.next(heads)
      var latest = anchor
      while try rows.step() {
        let seq = rows.integer(0)
        chain.check(Self.link(rows, seq, hasher), Self.word(rows))
        if let anchor, anchor.seq == seq { chain.check(anchor) }
        while let current = head, current.seq <= seq {
          if current.seq == seq { chain.check(current) }
          head = try Self.next(heads)
          if current.seq > latest?.seq ?? 0 { latest = current }
        }
      }
      while let current = head {
        latest = current.seq > latest?.seq ?? 0 ? current : latest
        head = try Self.next(heads)
      }
      return chain.finish(head: latest, key: key)
    } catch { throw .database(error) }
  }

  /// The number of the row before which there are `count` rows up to the end; 0 when there are fewer.
  public borrowing func tail(_ count: Int) throws(StoreError) -> Int64 {
    do throws(SQLiteError) {
      let last = try connection.integer("SELECT max(seq) FROM journal") ?? 0
      return max(0, max(0, last) - Int64(count))
    } catch { throw .database(error) }
  }

  /// Calls `body` with each row after `seq`, in order, until it returns false.
  ///
  /// - Parameters:
  ///   - since: nanoseconds since 1970; earlier rows are left out.
  ///   - kind: only of this kind, or of kinds that begin with it and a dot.
  /// - Returns: the last row looked at.
  public borrowing func visit(
    after seq: Int64, since: Int64? = nil, kind: String? = nil, _ body: (JournalRow) -> Bool
  ) throws(StoreError) -> Int64 {
    do throws(SQLiteError) {
      let rows = try connection.prepare(
        "SELECT \(JournalRow.columns) FROM journal WHERE seq > ?1 ORDER BY seq")
      try rows.bind(seq, at: 1)
      var last = seq
      while try rows.step() {
        last = rows.integer(0)
        guard rows.integer(1) >= since ?? .min, let row = JournalRow(rows), row.isOf(kind) else { continue }
        if !body(row) { break }
      }
      return last
    } catch { throw .database(error) }
  }

  private static func link(
    _ row: borrowing Statement, _ seq: Int64, _ hasher: RowHasher
  ) -> ChainCheck.Link {
    guard let previous = Digest(row.bytes(6)), let hash = Digest(row.bytes(7)) else {
      return ChainCheck.Link(seq: seq, previous: .zero, hash: .zero, isWhole: false)
    }
    let boot = row.bytes(3)
    let computed = hasher.hash(
      previous: previous, seq: seq, wall: row.integer(1), monotonic: UInt64(bitPattern: row.integer(2)),
      boot: boot, kind: row.bytes(4), body: row.bytes(5))
    let isWhole = computed == hash && boot.count == BootID.byteCount
    return ChainCheck.Link(seq: seq, previous: previous, hash: hash, isWhole: isWhole)
  }

  private static let wordPrefix = Array("store.re".utf8)

  private static func word(_ row: borrowing Statement) -> ChainCheck.Word? {
    let kind = row.bytes(4)
    guard kind.starts(with: wordPrefix), let row = JournalRow(row) else { return nil }
    return ChainCheck.Word(kind: row.kind, body: row.members)
  }

  private static func next(_ heads: borrowing Statement) throws(SQLiteError) -> JournalHead? {
    guard try heads.step() else { return nil }
    return JournalHead(heads)
  }
}

extension JournalHead {
  /// The columns in the order in which `init(_:)` reads them.
  static let columns = "seq, first, wall, hash, key, signature"

  /// The row of `heads` that a statement stands on.
  init(_ row: borrowing Statement) {
    self.init(
      seq: row.integer(0), hash: Digest(row.bytes(3)) ?? .zero, first: row.integer(1),
      wall: row.integer(2))
    publicKey = row.isNull(4) ? nil : PublicKey(hex: Hex.text(row.bytes(4)))
    signature = row.isNull(5) ? nil : Signature(Array(row.bytes(5)))
  }
}

extension JournalRow {
  /// Its kind is `kind`, or begins with it and a dot; nil takes all.
  public func isOf(_ kind: String?) -> Bool {
    guard let kind else { return true }
    return self.kind == kind || self.kind.hasPrefix("\(kind).")
  }
}
