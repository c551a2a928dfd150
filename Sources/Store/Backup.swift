// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import SQLite
import Time

/// Copies of a store, made while a daemon works, and put back while none does.
public struct Backup: Sendable {
  /// Where the copy is: a folder of its own.
  public let folder: String

  public init(folder: String) { self.folder = folder }

  private var paths: StorePaths { StorePaths(directory: folder) }

  /// Copies every file as it is at one moment, each compacted; the daemon goes on meanwhile.
  ///
  /// - Returns: the names of the files.
  /// - Throws: `StoreError.unusable` when the folder exists already or cannot be made.
  public func make(of store: StorePaths) throws(StoreError) -> [String] {
    // First: what is copied afterwards holds at least its rows.
    let head = try Anchor(path: store.anchor).read()
    try usable { () throws(SystemError) in try retry("make \(folder)") { mkdir(folder, 0o700) } }
    var copied: [String] = []
    for (source, target) in files(of: store, in: paths) where access(source, F_OK) == 0 {
      try Self.copyDatabase(source, to: target)
      copied.append(target)
    }
    if copied.isEmpty { throw .unusable("there is no store in \(store.directory)") }
    if head != nil { copied.append(paths.anchor) }
    try usable { () throws(SystemError) in
      if let head { try Anchor(path: paths.anchor).write(head) }
      try DurableFile.sync(folder)
    }
    return copied
  }

  /// Looks at a copy: each file as a whole, and the chain of its journal.
  public func check() throws(StoreError) -> Verification {
    for name in paths.shardNames() { try Self.checkDatabase(paths.shard(name)) }
    try Self.checkDatabase(paths.main)
    return try JournalReader.open(paths.main).verify(anchor: try Anchor(path: paths.anchor).read())
  }

  /// Puts a copy in the place of a store that nobody uses. What is there is moved aside, the head that
  /// is kept outside stays: so the journal tells, from the next start on, which rows are missing.
  ///
  /// - Returns: where the old files are now; nil when there were none.
  /// - Throws: `StoreError.inUse` while a daemon runs; `.damaged` when the copy is not good.
  public func restore(to store: StorePaths, at wall: Int64 = Stamp.now.wall) throws(StoreError) -> String? {
    let found = try check()
    if let bad = found.firstBad { throw .damaged(path: paths.main, problem: "\(bad)") }
    mkdir(store.directory, 0o700)
    let lock = try StoreLock.take(store.lock)
    let aside = try usable { () throws(SystemError) in try replace(store, at: wall) }
    withExtendedLifetime(lock) {}
    return aside
  }

  private func replace(_ store: StorePaths, at wall: Int64) throws(SystemError) -> String? {
    let aside = try moveAside(store, at: wall)
    for (source, target) in files(of: paths, in: store) where access(source, F_OK) == 0 {
      try DurableFile.copy(source, to: target)
    }
    if access(store.anchor, F_OK) != 0, access(paths.anchor, F_OK) == 0 {
      try DurableFile.copy(paths.anchor, to: store.anchor)
    }
    try DurableFile.sync(store.directory)
    return aside
  }

  /// The databases of one store with their paths in another.
  private func files(of source: StorePaths, in target: StorePaths) -> [(String, String)] {
    [(source.main, target.main)] + source.shardNames().map { (source.shard($0), target.shard($0)) }
  }

  private func moveAside(_ store: StorePaths, at wall: Int64) throws(SystemError) -> String? {
    let old = files(of: store, in: store).map(\.0).filter { access($0, F_OK) == 0 }
    if old.isEmpty { return nil }
    let aside = "\(store.directory)/replaced-\(wall / 1_000_000_000)"
    try retry("make \(aside)") { mkdir(aside, 0o700) }
    for path in old {
      let name = path.dropFirst(store.directory.count)
      for ending in ["-wal", "-shm", ""] where access(path + ending, F_OK) == 0 {
        try retry("move \(path)\(ending)") { rename(path + ending, "\(aside)\(name)\(ending)") }
      }
    }
    return aside
  }

  private static func copyDatabase(_ source: String, to target: String) throws(StoreError) {
    try database { () throws(SQLiteError) in
      let connection = try Connection.open(source, .readOnly)
      let copy = try connection.prepare("VACUUM INTO ?1")
      try copy.bind(target, at: 1)
      try copy.run()
    }
    try usable { () throws(SystemError) in try DurableFile.sync(target) }
  }

  private static func checkDatabase(_ path: String) throws(StoreError) {
    do throws(SQLiteError) {
      let problems = try Connection.open(path, .readOnly).quickCheck()
      if let problem = problems.first { throw SQLiteError.damaged(path, problem) }
    } catch {
      switch error.kind {
      case .cannotOpen: throw .unusable("there is no copy of a store: \(path) is missing")
      case .corrupt: throw .damaged(path: path, problem: error.message)
      default: throw .database(error)
      }
    }
  }
}
