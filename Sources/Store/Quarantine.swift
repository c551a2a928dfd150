// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import SQLite

/// What is done with a damaged file: it is put aside, and what can still be read of it is taken over.
struct Quarantine {
  /// Damaged files kept, the newest.
  static let filesMax = 3

  let path: String

  /// Renames the file and its log.
  /// - Returns: the new path.
  /// - Throws: `StoreError.unusable` when it cannot be renamed.
  func putAside(at wall: Int64) throws(StoreError) -> String {
    let aside = "\(path).damaged-\(wall / 1_000_000_000)"
    unlink("\(path)-shm")
    try usable { () throws(SystemError) in
      if access("\(path)-wal", F_OK) == 0 {
        try retry("put \(path)-wal aside") { rename("\(path)-wal", "\(aside)-wal") }
      }
      try retry("put \(path) aside") { rename(path, aside) }
    }
    removeOldest()
    return aside
  }

  private func removeOldest() {
    let slash = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
    let directory = String(path[..<slash])
    let prefix = "\(path[slash...]).damaged-"
    let names = (Directory.names(in: directory.isEmpty ? "." : directory) ?? []).filter {
      $0.hasPrefix(prefix) && $0.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }
    for name in names.dropLast(Self.filesMax) {
      for ending in ["", "-wal", "-shm"] { unlink("\(directory)\(name)\(ending)") }
    }
  }

  /// Copies rows until the first that cannot be read; of the journal only rows in sequence.
  ///
  /// - Returns: rows of the journal.
  /// - Throws: when the new file cannot be written.
  static func salvage(
    _ damaged: String, into target: borrowing Connection, tables: [String]
  ) throws(SQLiteError) -> Int64 {
    guard let source = try? Connection.open(damaged, .readWrite) else { return 0 }
    var journalRows: Int64 = 0
    try target.execute("BEGIN IMMEDIATE")
    for table in tables {
      guard let rows = try? source.prepare("SELECT * FROM \(table) ORDER BY 1"), rows.columnCount > 0
      else { continue }
      let marks = repeatElement("?", count: rows.columnCount).joined(separator: ",")
      let insert = try target.prepare("INSERT OR IGNORE INTO \(table) VALUES(\(marks))")
      var previous: Int64?
      while (try? rows.step()) == true {
        if table == "journal" {
          let seq = rows.integer(0)
          if let previous, seq != previous + 1 { break }
          previous = seq
          journalRows += 1
        }
        try insert.bind(rowOf: rows)
        try insert.run()
      }
    }
    try target.execute("COMMIT")
    return journalRows
  }
}
