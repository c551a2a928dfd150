// SPDX-License-Identifier: Apache-2.0
import Glibc
import SQLite
import TestSupport
import Testing

@testable import Store

@Suite struct BackupTests {
  private static func store() throws -> TestStore {
    let store = TestStore()
    try store.fill(rows: 5)
    _ = store.worker.apply(
      [.checkpoint(key: "k", body: [7])],
      history: [
        HistoryEntry(
          intent: "i", realm: "$CHAT", user: "anna", origin: "api", started: 1, took: .zero,
          ending: .completed)
      ], at: store.stamp())
    return store
  }

  @Test func aCopyOfALivingStoreIsWholeAndCanBePutBack() throws {
    let store = try Self.store()
    let backup = Backup(folder: store.directory.file("copy"))
    #expect(try backup.make(of: store.options.paths).count == 2)
    #expect(try backup.check().last == 5)
    try store.fill(rows: 2)
    store.close()
    let aside = try #require(try backup.restore(to: store.options.paths, at: 42_000_000_000))
    #expect(access("\(aside)/mtor.db", F_OK) == 0 && aside.hasSuffix("replaced-42"))
    store.restart()
    // The head that is kept outside knows of rows that the copy has not.
    #expect(store.worker.open(at: store.stamp()).events == [.endsEarly(last: 5, anchor: 7)])
    #expect(try store.worker.checkpoints(prefix: "k").map(\.body) == [[7]])
    #expect(try HistoryReader(store.options.paths).users().map(\.user) == ["anna"])
    let result = try store.verify()
    #expect(result.isGood && result.losses.map(\.through) == [7])
  }

  @Test func aCopyGoesToAnEmptyPlaceToo() throws {
    let store = try Self.store()
    store.close()
    let backup = Backup(folder: store.directory.file("copy"))
    _ = try backup.make(of: store.options.paths)
    let other = TestStore()
    #expect(try backup.restore(to: other.options.paths) == nil)
    #expect(other.anchor == store.anchor)
    try other.fill(rows: 1)
    #expect(try other.rows().map(\.seq) == [1, 2, 3, 4, 5, 6])
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let error: String
    let spoil: @Sendable (TestStore, Backup) throws -> Void

    init(
      _ description: String, _ error: String, _ spoil: @escaping @Sendable (TestStore, Backup) throws -> Void
    ) {
      testDescription = description
      self.error = error
      self.spoil = spoil
    }
  }

  static let refusals = [
    Refusal("a daemon runs", "is in use") { store, _ in
      store.restart(); try store.fill(rows: 1)
    },
    Refusal("the copy was changed", "row 3 was changed") { _, backup in
      try Connection.open("\(backup.folder)/mtor.db").execute("UPDATE journal SET wall = 0 WHERE seq = 3")
    },
    Refusal("the copy is damaged", "is damaged") { _, backup in
      let file = open("\(backup.folder)/mtor.db", O_RDWR)
      pwrite(file, [UInt8](repeating: 0xa5, count: 300), 300, 4096)
      close(file)
    },
    Refusal("there is no copy", "is missing") { _, backup in unlink("\(backup.folder)/mtor.db") },
    Refusal("the copy cannot be read", "disk I/O error") { _, backup in
      unlink("\(backup.folder)/users-default.db")
      mkdir("\(backup.folder)/users-default.db", 0o700)
    },
    Refusal("the old files cannot be moved", "replaced-42: File exists") { store, _ in
      mkdir("\(store.options.paths.directory)/replaced-42", 0o700)
    },
  ]

  @Test(arguments: refusals) func whatIsNotGoodIsNotRestored(_ refusal: Refusal) throws {
    let store = try Self.store()
    let backup = Backup(folder: store.directory.file("copy"))
    _ = try backup.make(of: store.options.paths)
    store.close()
    try refusal.spoil(store, backup)
    let error = thrown(StoreError.self) {
      _ = try backup.restore(to: store.options.paths, at: 42_000_000_000)
    }
    #expect(error?.description.contains(refusal.error) == true, "\(error?.description ?? "")")
    #expect(try store.rows().count >= 5)
  }

  @Test func whatIsNoDatabaseIsNotCopied() {
    let directory = TemporaryDirectory()
    let paths = StorePaths(directory: directory.path)
    directory.write("mtor.db", String(repeating: "Once upon a time. ", count: 100))
    let error = thrown(StoreError.self) { try Backup(folder: directory.file("copy")).make(of: paths) }
    #expect(error?.description == "VACUUM INTO ?1: file is not a database")
  }

  @Test func anExistingFolderIsNotWrittenInto() throws {
    let store = try Self.store()
    let error = thrown(StoreError.self) {
      _ = try Backup(folder: store.directory.path).make(of: store.options.paths)
    }
    #expect(error?.description.contains("File exists") == true)
  }
}
