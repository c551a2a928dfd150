// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON
import SQLite
import TestSupport
import Testing
import Time

@testable import Store

/// Whatever is done to a journal, the first row that is not as it was written is named.
@Suite struct ChainTests {
  static let mutations = 10_000

  /// A journal of 40 rows, closed; with `removed` of its first rows removed for good.
  static func journal(removing: Bool) throws -> TestStore {
    let store = TestStore { options in
      options.headRows = 9
      options.signingKey = TestStore.key
    }
    try store.fill(rows: 30)
    if removing {
      let main = try store.worker.opened(at: store.stamp())
      _ = try store.worker.removeOldest(main, at: store.stamp())
    }
    for number in 31...40 { _ = try store.apply([store.entry("test.row", number)]).get() }
    store.close()
    return store
  }

  @Test(arguments: [false, true]) func anUntouchedJournalIsGood(_ removing: Bool) throws {
    let store = try Self.journal(removing: removing)
    let result = try store.verify(key: TestStore.key?.publicKey)
    #expect(result.faults.isEmpty && result.losses.isEmpty)
    #expect(result.last == (removing ? 41 : 40) && result.first == (removing ? 8 : 1))
    #expect(result.signedThrough == result.last && result.heads > 2)
  }

  @Test func anotherKeyIsNotAccepted() throws {
    let store = try Self.journal(removing: false)
    let other = try #require(SigningKey(secret: [UInt8](repeating: 1, count: 32)))
    #expect(try store.verify(key: other.publicKey).faults == [.unsigned(seq: 40)])
  }

  @Test(arguments: [false, true]) func theFirstBadRowIsNamedWhateverIsDone(_ removing: Bool) throws {
    let store = try Self.journal(removing: removing)
    var random = Seed.generator("theFirstBadRowIsNamed, removing \(removing)")
    let reader = JournalReader(connection: try Connection.open(store.options.paths.main))
    let journal = Mutator(connection: reader.connection, range: removing ? 8...41 : 1...40)
    var wrong: [String] = []
    for round in 0..<Self.mutations / 2 where wrong.count < 5 {
      try reader.connection.execute("BEGIN")
      let done = try journal.mutate(reader.connection, &random)
      let result = try reader.verify(anchor: store.anchor, key: TestStore.key?.publicKey)
      try reader.connection.execute("ROLLBACK")
      if !done.isNamed(by: result) {
        wrong.append("round \(round): \(done.text): \(result.firstBad.map { "\($0)" } ?? "nothing")")
      }
    }
    #expect(wrong.isEmpty)
    #expect(try reader.verify(anchor: store.anchor).isGood)
  }
}

/// Changes a journal in ways that mtor never does.
struct Mutator {
  struct Done {
    var text: String
    /// The first row that is not as it was.
    var first: Int64
    /// All after it was made to fit: then only a range can be told.
    var isRewritten = false

    func isNamed(by result: Verification) -> Bool {
      guard let bad = result.firstBad else { return false }
      if isRewritten, case .rewritten(let from, let through) = bad { return (from...through).contains(first) }
      return bad.seq == first
    }
  }

  let range: ClosedRange<Int64>

  init(connection: borrowing Connection, range: ClosedRange<Int64>) { self.range = range }

  func mutate(
    _ connection: borrowing Connection, _ random: inout SeededGenerator
  ) throws(SQLiteError) -> Done {
    let row = Int64.random(in: range, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return try edit(row, connection, &random)
    case 1: return try delete(row, connection, &random)
    case 2: return try swap(row, connection, &random)
    case 3: return try truncate(row, connection, heads: false)
    case 4: return try truncate(row, connection, heads: true)
    case 5: return try forge(row, connection, andAllAfter: false)
    default: return try forge(row, connection, andAllAfter: true)
    }
  }

  private static let edits = [
    "wall = wall + 1", "mono = mono - 1", "boot = zeroblob(16)", "boot = zeroblob(15)",
    "kind = kind || 'x'", "kind = 'store.gap'", "body = '{}'", "body = replace(body, '{', '{ ')",
    "previous = zeroblob(32)", "previous = hash", "hash = previous", "hash = zeroblob(31)",
    "seq = seq + 1000", "wall = -wall, kind = 'store.recovery'",
  ]

  private func edit(
    _ row: Int64, _ connection: borrowing Connection, _ random: inout SeededGenerator
  ) throws(SQLiteError) -> Done {
    let change = Self.edits.randomElement(using: &random) ?? Self.edits[0]
    // The first row's predecessor is zero already.
    let isSame = row == 1 && change == "previous = zeroblob(32)"
    let applied = isSame ? "wall = 0" : change
    try connection.execute("UPDATE journal SET \(applied) WHERE seq = \(row)")
    return Done(text: "row \(row): \(applied)", first: row)
  }

  private func delete(
    _ row: Int64, _ connection: borrowing Connection, _ random: inout SeededGenerator
  ) throws(SQLiteError) -> Done {
    let last = min(range.upperBound, row + Int64.random(in: 0..<4, using: &random))
    try connection.execute("DELETE FROM journal WHERE seq BETWEEN \(row) AND \(last)")
    return Done(text: "rows \(row)…\(last) deleted", first: row)
  }

  /// Two rows change places, as a whole but for their numbers.
  private func swap(
    _ row: Int64, _ connection: borrowing Connection, _ random: inout SeededGenerator
  ) throws(SQLiteError) -> Done {
    var other = Int64.random(in: range, using: &random)
    if other == row { other = row == range.lowerBound ? row + 1 : row - 1 }
    try connection.execute(
      """
      UPDATE journal SET seq = -1 WHERE seq = \(row);
      UPDATE journal SET seq = \(row) WHERE seq = \(other);
      UPDATE journal SET seq = \(other) WHERE seq = -1
      """)
    return Done(text: "rows \(row) and \(other) swapped", first: min(row, other))
  }

  /// With the heads: an old copy of the file was put back.
  private func truncate(
    _ row: Int64, _ connection: borrowing Connection, heads: Bool
  ) throws(SQLiteError) -> Done {
    try connection.execute("DELETE FROM journal WHERE seq >= \(row)")
    if heads { try connection.execute("DELETE FROM heads WHERE seq >= \(row)") }
    return Done(text: "cut before \(row)\(heads ? ", old copy" : "")", first: row)
  }

  /// A row with another body and a hash that fits; without `andAllAfter` the next row shows it.
  private func forge(
    _ row: Int64, _ connection: borrowing Connection, andAllAfter: Bool
  ) throws(SQLiteError) -> Done {
    let hasher = RowHasher()
    try connection.execute("UPDATE journal SET body = '{\"n\":-1}' WHERE seq = \(row)")
    let last = andAllAfter ? range.upperBound : row
    for seq in row...last {
      let select = try connection.prepare("SELECT \(JournalRow.columns) FROM journal WHERE seq = \(seq)")
      guard try select.step(), var now = JournalRow(select) else { continue }
      select.reset()
      if seq > row {
        let before = try connection.prepare("SELECT hash FROM journal WHERE seq = \(seq - 1)")
        _ = try before.step()
        now.previous = Digest(before.bytes(0)) ?? .zero
      }
      let hash = now.boot.bytes.withUnsafeBytes { boot in
        now.body.withUnsafeBytes { body in
          Array(now.kind.utf8).withUnsafeBytes { kind in
            hasher.hash(
              previous: now.previous, seq: seq, wall: now.stamp.wall,
              monotonic: now.stamp.monotonic.nanoseconds, boot: boot, kind: kind, body: body)
          }
        }
      }
      try connection.execute(
        "UPDATE journal SET previous = x'\(now.previous)', hash = x'\(hash)' WHERE seq = \(seq)")
    }
    return Done(text: "row \(row) forged, through \(last)", first: row, isRewritten: true)
  }
}
