// SPDX-License-Identifier: Apache-2.0
import SQLite
import TestSupport
import Testing

@testable import Store

/// Stores that are not there, or are something else, are said to be so.
@Suite struct MissingTests {
  private let directory = TemporaryDirectory()
  private var paths: StorePaths { StorePaths(directory: directory.path) }

  @Test func whatIsNotThereIsNamed() {
    let journal = thrown(StoreError.self) { _ = try JournalReader.open(paths.main) }
    #expect(journal.map { "\($0)" } == "there is no journal at \(paths.main)")
    let history = thrown(StoreError.self) { _ = try HistoryReader(paths) }
    #expect(history.map { "\($0)" } == "there is no history in \(directory.path)")
    let backup = thrown(StoreError.self) { try Backup(folder: directory.file("copy")).make(of: paths) }
    #expect(backup.map { "\($0)" } == "there is no store in \(directory.path)")
  }

  @Test func anotherProgramsDatabaseIsNoJournal() throws {
    try Connection.open(paths.main).execute("CREATE TABLE t(x)")
    let error = thrown(StoreError.self) { _ = try JournalReader.open(paths.main) }
    #expect(error.map { "\($0)".contains(paths.main) } == true, "\(error.map { "\($0)" } ?? "")")
  }

  /// Ours by its mark, and nothing in it.
  @Test func aFileWithoutItsTablesSaysWhatIsMissing() throws {
    for path in [paths.main, paths.shard("default")] {
      try Connection.open(path).execute("PRAGMA application_id=\(Schema.main.applicationID)")
    }
    let reads: [() throws -> Void] = [
      { _ = try JournalReader.open(paths.main).verify() },
      { _ = try JournalReader.open(paths.main).tail(1) },
      { _ = try JournalReader.open(paths.main).visit(after: 0) { _ in true } },
      { _ = try HistoryReader(paths).page(HistoryFilter()) },
    ]
    for (read, table) in zip(reads, ["heads", "journal", "journal", "history"]) {
      let error = thrown(StoreError.self) { try read() }
      #expect(error?.description.hasSuffix("no such table: \(table)") == true, "\(error?.description ?? "")")
    }
  }

  @Test(arguments: ["", "{}", "not JSON", #"{"seq": 1, "hash": "00", "first": 1, "wall": 0}"#])
  func aFileThatIsNoHeadIsNoAnchor(_ text: String) {
    directory.write("head", text)
    let path = directory.file("head")
    let error = thrown(StoreError.self) { try Anchor(path: path).read() }
    #expect(error.map { "\($0)" } == "\(path) is not the head of a journal")
  }

  @Test func aStoreWhoseHeadIsNoneIsNotOpened() throws {
    let store = TestStore()
    try store.fill(rows: 1)
    store.close()
    store.directory.write("store/head.json", "{}")
    store.restart()
    let error = thrown(StoreError.self) { try store.worker.open(at: store.stamp()).result.get() }
    #expect(error?.description == "\(store.options.paths.anchor) is not the head of a journal")
  }

  @Test func aFileThatLostATableIsOpenedAnew() throws {
    let store = TestStore()
    try store.fill(rows: 1)
    try Connection.open(store.options.paths.main).execute("ALTER TABLE checkpoints RENAME TO gone")
    let error = thrown(StoreError.self) { try store.worker.checkpoints(prefix: "") }
    #expect(error?.description.hasSuffix("no such table: checkpoints") == true, "\(error?.description ?? "")")
    try Connection.open(store.options.paths.main).execute("ALTER TABLE gone RENAME TO checkpoints")
    #expect(try store.worker.checkpoints(prefix: "").isEmpty)
  }

  @Test func anAnchorThatCannotBeReadIsNamed() {
    let error = thrown(StoreError.self) { try Anchor(path: directory.path).read() }
    #expect(error.map { "\($0)" } == "\(directory.path) cannot be read: Is a directory")
  }
}
