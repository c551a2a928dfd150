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

  @Test(arguments: ["", "{}", "not JSON", #"{"seq": 1, "hash": "00", "first": 1, "wall": 0}"#])
  func aFileThatIsNoHeadIsNoAnchor(_ text: String) {
    directory.write("head", text)
    let path = directory.file("head")
    let error = thrown(StoreError.self) { try Anchor(path: path).read() }
    #expect(error.map { "\($0)" } == "\(path) is not the head of a journal")
  }

  @Test func anAnchorThatCannotBeReadIsNamed() {
    let error = thrown(StoreError.self) { try Anchor(path: directory.path).read() }
    #expect(error.map { "\($0)" } == "\(directory.path) cannot be read: Is a directory")
  }
}
