// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import SQLite
import TestSupport
import Testing
import Time

@testable import Store

@Suite struct WorkerTests {
  @Test func rowsComeBackInOrderAndChained() throws {
    let store = TestStore()
    try store.fill(rows: 3)
    let rows = try store.rows()
    #expect(rows.map(\.seq) == [1, 2, 3])
    #expect(rows.map(\.kind) == ["test.row", "test.row", "test.row"])
    #expect(rows[0].previous == .zero && rows[2].previous == rows[1].hash)
    #expect(rows[1].members["n"] == 2)
    #expect(rows.allSatisfy { $0.boot == TestStore.boot })
  }

  @Test func theChainGoesOnAfterARestart() throws {
    let store = TestStore()
    try store.fill(rows: 2)
    store.close()
    store.restart()
    try store.fill(rows: 2)
    #expect(try store.rows().map(\.seq) == [1, 2, 3, 4])
    #expect(try store.verify().isGood)
  }

  @Test func equalFactsHaveEqualBytes() {
    let stamp = Stamp(wall: 1, monotonic: .zero)
    let one = JournalEntry("a", ["b": 1, "a": "ü\n"], at: stamp)
    let other = JournalEntry("a", ["a": "ü\n", "b": 1], at: stamp)
    #expect(one == other)
    #expect(String(decoding: one.body, as: UTF8.self) == #"{"a":"ü\n","b":1}"#)
  }

  @Test func checkpointsAreStoredWithTheirRowsOrNotAtAll() throws {
    let store = TestStore()
    try store.fill(rows: 1)
    _ = try store.apply([store.entry("a", 1), .checkpoint(key: "run/2", body: [1, 2])]).get()
    _ = try store.apply([.checkpoint(key: "run/1", body: [3]), .checkpoint(key: "other", body: [])]).get()
    let found = try store.worker.checkpoints(prefix: "run/")
    let one = Checkpoint(key: "run/1", body: [3], seq: 2)
    let two = Checkpoint(key: "run/2", body: [1, 2], seq: 2)
    #expect(found == [one, two])
    _ = try store.apply([.checkpoint(key: "run/1", body: nil)]).get()
    #expect(try store.worker.checkpoints(prefix: "").map(\.key) == ["other", "run/2"])
  }

  @Test func headsAreMadeAfterSoManyRowsAndAtTheEnd() throws {
    let store = TestStore { $0.headRows = 4 }
    try store.fill(rows: 3)
    #expect(store.anchor == nil)
    try store.fill(rows: 3)
    #expect(store.anchor?.seq == 4)
    store.close()
    #expect(store.anchor?.seq == 6)
    #expect(try store.verify().heads == 3)
  }

  @Test func twoWritersOfOneStoreAreRefused() throws {
    let store = TestStore()
    try store.fill(rows: 1)
    let second = StoreWorker(store.options, boot: TestStore.boot)
    guard case .failure(.inUse(let path)) = second.open(at: store.stamp()).result else {
      Issue.record("a second writer was let in")
      return
    }
    #expect(path == store.options.paths.lock)
    store.close()
    #expect(throws: Never.self) { try second.open(at: store.stamp()).result.get() }
  }

  @Test func theOldestRowsGoWhenTheJournalIsTooBig() throws {
    let store = TestStore { options in
      options.journalBytesMax = 200 << 10
      options.checkpointPages = 30
      options.headRows = 16
    }
    var removed: Int64 = 0
    for number in 1...600 {
      _ = try store.apply([store.entry("test.row", number, padding: 1000)]).get()
      let events = store.worker.tidy(at: store.stamp())?.events ?? []
      for case .removed(let through) in events { removed = through }
    }
    #expect(removed > 300)
    #expect(try store.rows().first?.seq == removed + 1)
    let result = try store.verify()
    #expect(result.isGood && result.losses.isEmpty)
    var file = stat()
    #expect(stat(store.options.paths.main, &file) == 0 && file.st_size < 500 << 10)
  }

  @Test func aJournalThatEndsBeforeItsHeadSaysSoAndGoesOn() throws {
    let store = TestStore()
    try store.fill(rows: 10)
    store.close()
    do {
      let file = try Connection.open(store.options.paths.main)
      try file.execute("DELETE FROM journal WHERE seq > 6; DELETE FROM heads WHERE seq > 6")
    }
    store.restart()
    #expect(store.worker.open(at: store.stamp()).events == [.endsEarly(last: 6, anchor: 10)])
    try store.fill(rows: 1)
    let rows = try store.rows()
    #expect(rows.map(\.seq) == [1, 2, 3, 4, 5, 6, 11, 12])
    #expect(rows[6].kind == "store.recovery")
    let result = try store.verify()
    #expect(result.isGood)
    #expect(result.losses == [Verification.Loss(from: 7, through: 10, reason: "ends before its head")])
  }

  @Test func aRowThatDiffersFromItsHeadIsToldAtOnce() throws {
    let store = TestStore()
    try store.fill(rows: 5)
    store.close()
    do {
      let file = try Connection.open(store.options.paths.main)
      try file.execute("UPDATE journal SET hash = zeroblob(32) WHERE seq = 5")
    }
    store.restart()
    #expect(store.worker.open(at: store.stamp()).events == [.differs(seq: 5)])
    #expect(try store.verify().firstBad == .edited(seq: 5))
  }

  @Test func aDamagedFileIsPutAsideAndItsReadableRowsAreTakenOver() throws {
    let store = TestStore()
    for number in 1...200 { _ = try store.apply([store.entry("test.row", number, padding: 500)]).get() }
    _ = try store.apply([.checkpoint(key: "kept", body: [1])]).get()
    store.close()
    let file = open(store.options.paths.main, O_RDWR)
    #expect(pwrite(file, [UInt8](repeating: 0xa5, count: 200), 200, 4096 * 30) == 200)
    close(file)
    store.restart()
    let events = store.worker.open(at: store.stamp()).events
    guard case .quarantined(let aside, _, let rows) = events.first else {
      Issue.record("\(events)")
      return
    }
    #expect(access(aside, F_OK) == 0 && rows > 20 && rows < 200)
    try store.fill(rows: 1)
    let result = try store.verify()
    #expect(result.isGood, "\(result.faults)")
    #expect(result.losses.map(\.through) == [200])
    #expect(try store.worker.checkpoints(prefix: "").map(\.key) == ["kept"])
  }

  @Test func aFileThatIsNoDatabaseIsPutAsideToo() throws {
    let store = TestStore()
    mkdir(store.options.paths.directory, 0o700)
    store.directory.write("store/mtor.db", String(repeating: "no database", count: 1000))
    try store.fill(rows: 2)
    #expect(try store.verify().isGood)
  }

  @Test func aFolderThatCannotBeWrittenIsTriedAgain() throws {
    let store = TestStore { $0.paths = StorePaths(directory: $0.paths.directory + "/deep") }
    guard case .failure(.unusable(let text)) = store.apply([store.entry("lost", 1)]) else {
      Issue.record("a folder without parent was made")
      return
    }
    #expect(text.contains("store.directory"))
    _ = store.apply([store.entry("lost", 2), .checkpoint(key: "a", body: [1])])
    mkdir(store.directory.file("store"), 0o700)
    _ = try store.apply([store.entry("kept", 3)]).get()
    let rows = try store.rows()
    #expect(rows.map(\.kind) == ["store.gap", "kept"])
    #expect(rows[0].members["lost"] == ["checkpoint": 1, "lost": 2])
  }

  @Test func withinASecondAStoreThatCannotBeOpenedIsNotTriedAgain() {
    let store = TestStore { $0.paths = StorePaths(directory: $0.paths.directory + "/deep") }
    let stamp = store.stamp()
    #expect(throws: StoreError.self) { try store.worker.apply([], at: stamp).result.get() }
    mkdir(store.directory.file("store"), 0o700)
    let soon = Stamp(wall: stamp.wall, monotonic: stamp.monotonic + .milliseconds(900))
    #expect(throws: StoreError.self) { try store.worker.apply([], at: soon).result.get() }
    let later = Stamp(wall: stamp.wall, monotonic: stamp.monotonic + .milliseconds(1000))
    #expect(throws: Never.self) { try store.worker.apply([], at: later).result.get() }
  }

  @Test func whatWasWrittenIsCountedOverRestarts() throws {
    let store = TestStore()
    try store.fill(rows: 20)
    let first = store.worker.close(at: store.stamp()).status
    #expect(first.bytesWritten > 20 * 4096 && first.stored == 20)
    store.restart()
    try store.fill(rows: 1)
    let second = store.worker.close(at: store.stamp()).status
    #expect(second.bytesWritten < first.bytesWritten)
    #expect(second.bytesWrittenEver > first.bytesWritten)
  }
}

@Suite struct SchemaTests {
  private let directory = TemporaryDirectory()

  private func file(_ schema: Schema) -> StoreFile {
    StoreFile(path: directory.file("a.db"), schema: schema, bytesMax: 1 << 20)
  }

  private static let first = Schema.Step(sql: "CREATE TABLE a(x);", oldestProgram: 1)
  private static let second = Schema.Step(
    sql: "ALTER TABLE a ADD COLUMN y DEFAULT 5;", oldestProgram: 1)
  private static let third = Schema.Step(sql: "CREATE TABLE b(x);", oldestProgram: 3)

  @Test func anOlderFileIsBroughtForward() throws {
    let old = try file(Schema(applicationID: 1, steps: [Self.first])).open(checks: true)
    try old.execute("INSERT INTO a VALUES(1)")
    let connection = try file(Schema(applicationID: 1, steps: [Self.first, Self.second])).open(checks: true)
    #expect(try connection.integer("SELECT y FROM a") == 5)
    #expect(try connection.integer("PRAGMA user_version") == 2)
  }

  @Test func theVersionBeforeStillReadsAndWrites() throws {
    _ = try file(Schema(applicationID: 1, steps: [Self.first, Self.second])).open(checks: true)
    let connection = try file(Schema(applicationID: 1, steps: [Self.first])).open(checks: true)
    try connection.execute("INSERT INTO a(x) VALUES(1)")
    #expect(try connection.integer("SELECT count(*) FROM a") == 1)
    #expect(try connection.integer("PRAGMA user_version") == 2)
  }

  @Test func aFileOfTheNextButOneProgramIsRefused() throws {
    _ = try file(Schema(applicationID: 1, steps: [Self.first, Self.second, Self.third])).open(checks: true)
    let error = thrown(StoreError.self) {
      _ = try file(Schema(applicationID: 1, steps: [Self.first])).open(checks: true)
    }
    #expect(error == .tooNew(path: directory.file("a.db"), version: 3, supported: 1))
  }

  @Test func aFileOfAnotherProgramIsRefused() throws {
    _ = try file(Schema(applicationID: 1, steps: [Self.first])).open(checks: true)
    let error = thrown(StoreError.self) {
      _ = try file(Schema(applicationID: 2, steps: [Self.first])).open(checks: true)
    }
    #expect(error == .unusable("\(directory.file("a.db")) is not a file of mtor"))
  }

  @Test func aStepThatFailsLeavesTheFileAsItWas() throws {
    let broken = Schema.Step(sql: "CREATE TABLE c(x); CREATE TABLE a(x);", oldestProgram: 1)
    _ = try file(Schema(applicationID: 1, steps: [Self.first])).open(checks: true)
    _ = thrown(StoreError.self) {
      _ = try file(Schema(applicationID: 1, steps: [Self.first, broken])).open(checks: true)
    }
    let connection = try file(Schema(applicationID: 1, steps: [Self.first])).open(checks: true)
    #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'c'") == 0)
  }

  /// An update can be taken back.
  @Test(arguments: [Schema.main]) func everyStepLeavesTheVersionBeforeAbleToRead(_ schema: Schema) {
    for (index, step) in schema.steps.enumerated() { #expect(step.oldestProgram <= max(1, index)) }
  }
}
