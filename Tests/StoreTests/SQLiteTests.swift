// SPDX-License-Identifier: Apache-2.0
import CFaultVFS
import CInstruments
import Glibc
import TestSupport
import Testing

@testable import SQLite

@Suite struct SQLiteTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.file("a.db") }

  @Test func valuesComeBackAsTheyWereBound() throws {
    let connection = try Connection.open(path)
    try connection.execute("CREATE TABLE t(a INTEGER, b TEXT, c BLOB, d)")
    let insert = try connection.prepare("INSERT INTO t VALUES(?, ?, ?, ?)")
    try insert.bind(.min, at: 1)
    try insert.bind("käse\0mit", at: 2)
    try insert.bind(blob: [0, 255, 0], at: 3)
    try insert.bindNull(at: 4)
    try insert.run()
    #expect(connection.changes == 1 && connection.lastRowID == 1)
    let row = try connection.prepare("SELECT a, b, c, d FROM t")
    #expect(try row.step())
    #expect(row.integer(0) == .min)
    #expect(row.text(1) == "käse\0mit")
    #expect(Array(row.bytes(2)) == [0, 255, 0])
    #expect(row.isNull(3) && !row.isNull(2))
    #expect(try !row.step())
  }

  @Test func anEmptyBlobIsNotNull() throws {
    let connection = try Connection.open(path)
    try connection.execute("CREATE TABLE t(a BLOB NOT NULL)")
    let insert = try connection.prepare("INSERT INTO t VALUES(?)")
    try insert.bind(blob: UnsafeRawBufferPointer(start: nil, count: 0), at: 1)
    try insert.run()
    #expect(try connection.integer("SELECT length(a) FROM t") == 0)
  }

  @Test func statementsMayOutliveTheirConnection() throws {
    let statement = try Connection.open(path).prepare("SELECT 7")
    #expect(try statement.step())
    #expect(statement.integer(0) == 7)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: SQLiteError.Kind
    let act: @Sendable (TemporaryDirectory) throws(SQLiteError) -> Void

    init(
      _ description: String, _ kind: SQLiteError.Kind,
      _ act: @escaping @Sendable (TemporaryDirectory) throws(SQLiteError) -> Void
    ) {
      testDescription = description
      self.kind = kind
      self.act = act
    }
  }

  static let wrongs = [
    Wrong("no such folder", .cannotOpen) { directory throws(SQLiteError) in
      _ = try Connection.open(directory.file("none/a.db"))
    },
    Wrong("not a database", .corrupt) { directory throws(SQLiteError) in
      let path = directory.write("text", String(repeating: "This is no database.\n", count: 100))
      try Connection.open(path).execute("SELECT * FROM sqlite_schema")
    },
    Wrong("read only", .readOnly) { directory throws(SQLiteError) in
      try Connection.open(directory.file("b.db")).execute("CREATE TABLE t(a)")
      try Connection.open(directory.file("b.db"), .readOnly).execute("INSERT INTO t VALUES(1)")
    },
    Wrong("wrong SQL", .misuse) { directory throws(SQLiteError) in
      _ = try Connection.open(directory.file("c.db")).prepare("SELEKT 1")
    },
    Wrong("wrong parameter", .misuse) { directory throws(SQLiteError) in
      try Connection.open(directory.file("c.db")).prepare("SELECT ?1").bind(1, at: 2)
    },
    Wrong("constraint", .refused) { directory throws(SQLiteError) in
      let connection = try Connection.open(directory.file("d.db"))
      try connection.execute("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1)")
      try connection.execute("INSERT INTO t VALUES(1)")
    },
    Wrong("size cap", .full) { directory throws(SQLiteError) in
      let connection = try Connection.open(directory.file("e.db"))
      try connection.execute("PRAGMA max_page_count=4; CREATE TABLE t(a)")
      try connection.execute("INSERT INTO t VALUES(zeroblob(100000))")
    },
    Wrong("another process writes", .busy) { directory throws(SQLiteError) in
      let one = try Connection.open(directory.file("f.db"))
      try one.execute("CREATE TABLE t(a); BEGIN EXCLUSIVE")
      let other = try Connection.open(directory.file("f.db"))
      try other.execute("PRAGMA busy_timeout=0")
      try other.execute("BEGIN IMMEDIATE")
    },
  ]

  @Test(arguments: wrongs) func whatGoesWrongHasAKindAndSaysWhere(_ wrong: Wrong) {
    let error = thrown(SQLiteError.self) { try wrong.act(directory) }
    #expect(error?.kind == wrong.kind)
    #expect(error?.description.contains(": ") == true)
  }

  @Test func aDamagedPageIsFoundByTheCheck() throws {
    do {
      let connection = try Connection.open(path)
      try connection.execute("CREATE TABLE t(a); BEGIN")
      for _ in 0..<50 { try connection.execute("INSERT INTO t VALUES(hex(randomblob(400)))") }
      try connection.execute("COMMIT")
      #expect(try connection.quickCheck().isEmpty)
    }
    let file = open(path, O_RDWR)
    pwrite(file, [UInt8](repeating: 0xa5, count: 64), 64, 4096 * 3)
    close(file)
    #expect(try !Connection.open(path).quickCheck().isEmpty)
  }

  /// SQLite itself allocates; what the wrapper adds is the difference to the same in C.
  @Test(.enabled(if: Instruments.allocationsAreCounted)) func anInsertAllocatesNoMoreThanInC() throws {
    let sql = "INSERT INTO t VALUES(?1, ?2, ?3)"
    let table = "CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)"
    let setUp = "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; \(table)"
    try Connection.open(path).execute(setUp)
    let plain = fv_plain_inserts(path, sql, 100) { ci_thread_allocations() }
    let connection = try Connection.open(directory.file("b.db"))
    try connection.execute(setUp)
    let insert = try connection.prepare(sql)
    let text = Array("some text".utf8)
    let blob = Array("0123456789".utf8)
    var before: UInt64 = 0
    for index in -8..<100 {
      if index == 0 { before = Instruments.threadAllocations }
      try insert.bind(Int64(1_000_000 + index), at: 1)
      try text.withUnsafeBytes { try insert.bind(text: $0, at: 2) }
      try blob.withUnsafeBytes { try insert.bind(blob: $0, at: 3) }
      try insert.run()
    }
    let ours = Instruments.threadAllocations - before
    #expect(plain > 0 && plain < 10_000)
    #expect(ours <= plain || !Instruments.isOptimised, "\(ours) allocations, \(plain) in C")
  }
}
