// SPDX-License-Identifier: Apache-2.0
import CBench
import CInstruments
import Glibc
import Loop
import Posix
import Store
import Time

/// Rows of a round, and how many of them follow each other on one side.
private let appends = 8000
private let appendsInTurn = 1000
private let verifiedRows: Int64 = 200_000

/// What durability costs: against the same rows in C, and what an idle node writes.
let storeCases: [Case] = [
  Case(name: "store.append_now", run: appendNow),
  .measure("store.verify", "ns/row", goal: 3333) { try await verify() },
  .compare(
    "store.history_page", "us", goal: 2, to: "1,000 rows",
    ours: { try await pages(of: 1_000_000) }, baseline: { try await pages(of: 1000) }),
  Case(name: "store.idle_bytes_per_day") { options in
    let program = try RunningProgram(try await Studio.open(), microphone: nil)
    try await program.wait(for: ["ready: board", "ready on"])
    try await LoopActor.shared.loop.sleep(for: .seconds(3))
    let before = bytesWritten(program.pid)
    try await LoopActor.shared.loop.sleep(for: .seconds(options.idleSeconds))
    let perDay = Double(bytesWritten(program.pid) - before) * 86_400 / Double(options.idleSeconds)
    try await program.end()
    return [
      Figure(name: "store.idle_bytes_per_day", unit: "B", value: perDay, goal: 1_048_576)
    ]
  },
]

/// From the call to the answer that the row is on the medium, one at a time, against SQLite in C on the
/// same file system, in turns.
///
/// Both sides keep their file open over all rounds, have the bytes of their equal rows already, wait for the
/// medium at each commit, and copy a log of 1000 pages into the file: SQLite within that commit, ours after its
/// answer, so that the next row waits for it. Only ours has a chain of hashes and, after each 64 rows, a head.
/// How often each log began anew is told: a p99 with more checkpoints on one side compares nothing.
@LoopActor private func appendNow(_ options: Options) async throws -> [Figure] {
  let folder = try ScratchFolder()
  let paths = StorePaths(directory: folder.file("store"))
  let store = Store(StoreOptions(paths))
  let appender = Appender(store)
  let plain = try PlainStore(folder.file("plain.db"))
  var pairs: [(ours: Statistics, plain: Statistics)] = []
  for _ in 0...options.rounds {
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<appends / appendsInTurn {
      ours += try await appender.append(appendsInTurn)
      theirs += try plain.append(appendsInTurn)
    }
    pairs.append((Statistics(ours), Statistics(theirs)))
  }
  let checkpoints = (
    ours: try logNumber(paths.main), plain: try logNumber(folder.file("plain.db"))
  )
  await store.close()
  pairs.removeFirst()
  return [0.5, 0.99].map { part in
    let ratios = Statistics(pairs.map { $0.ours.quantile(part) / $0.plain.quantile(part) })
    return Figure(
      name: "store.append_now.p\(Int(part * 100))", unit: "us",
      value: Statistics(pairs.map { $0.ours.quantile(part) }).median / 1000,
      baseline: Statistics(pairs.map { $0.plain.quantile(part) }).median / 1000,
      baselineName: "sqlite3 in C", ratio: ratios.median, interval: ratios.interval95, goal: 1.15)
  } + [
    Figure(
      name: "store.append_now.checkpoints", unit: "count", value: Double(checkpoints.ours),
      baseline: Double(checkpoints.plain), baselineName: "sqlite3 in C")
  ]
}

/// Durable rows, the next when the last is answered.
@LoopActor private final class Appender {
  private let store: Store
  private let loop = LoopActor.shared.loop
  private var latencies: [Double] = []

  init(_ store: Store) { self.store = store }

  /// Nanoseconds of each row.
  func append(_ count: Int) async throws -> [Double] {
    latencies = []
    try await loop.wait(on: "store") { (waiter: Waiter<Void>) in next(count, waiter) }
    return latencies
  }

  private func next(_ count: Int, _ waiter: Waiter<Void>) {
    if count == 0 { return waiter.resume(returning: ()) }
    let entry = row(Int64(count))
    let begin = loop.now
    do throws(StoreError) {
      try store.commit([.journal(entry)], .now) { [self] result in
        latencies.append(Double(loop.now.nanoseconds(since: begin)))
        if case .failure(let error) = result { return waiter.resume(throwing: error) }
        next(count - 1, waiter)
      }
    } catch { waiter.resume(throwing: error) }
  }
}

/// How often a file's write-ahead log has begun anew. Source: sqlite.org/walformat.html, bytes 12 to 15.
private func logNumber(_ path: String) throws -> UInt32 {
  let header = try FileDescriptor.open("\(path)-wal", O_RDONLY).read(upTo: 16)
  return header.dropFirst(12).reduce(0) { $0 << 8 | UInt32($1) }
}

/// Durable rows, one after the other.
@LoopActor func append(_ count: Int) async throws {
  let folder = try ScratchFolder()
  let store = Store(StoreOptions(StorePaths(directory: folder.file("store"))))
  _ = try await Appender(store).append(count)
  await store.close()
}

/// The same with SQLite in C.
func plainAppend(_ count: Int) throws {
  let folder = try ScratchFolder()
  _ = try PlainStore(folder.file("plain.db")).append(count)
}

/// SQLite in C, as it comes.
private final class PlainStore {
  private var store: OpaquePointer?

  init(_ path: String) throws { try Self.check(cb_store_open(path, &store)) }

  deinit { cb_store_close(store) }

  /// Nanoseconds of each row.
  func append(_ count: Int) throws -> [Double] {
    var latencies = [UInt64](repeating: 0, count: count)
    try Self.check(cb_store_append(store, Int32(count), &latencies))
    return latencies.map { Double($0) }
  }

  private static func check(_ code: Int32) throws {
    if code != 0 { throw Failure(what: "SQLite in C: error \(code)") }
  }
}

private func row(_ number: Int64) -> JournalEntry {
  JournalEntry("bench.row", ["n": .integer(123_456 + number), "text": "a row as the benchmark writes it"])
}

/// Removes the files that cases have made for several rounds.
@LoopActor func removeStoreFolders() {
  VerifiedJournal.made = nil
  History.made = [:]
}

/// A journal of `verifiedRows`, made once.
@LoopActor private final class VerifiedJournal {
  static var made: VerifiedJournal?
  let folder: ScratchFolder
  let paths: StorePaths

  private init(_ folder: ScratchFolder) {
    self.folder = folder
    paths = StorePaths(directory: folder.file("store"))
  }

  static func get() async throws -> VerifiedJournal {
    if let made { return made }
    let journal = VerifiedJournal(try ScratchFolder())
    var options = StoreOptions(journal.paths)
    options.journalBytesMax = 1 << 30
    let store = Store(options)
    for first in stride(from: 0, to: verifiedRows, by: 1000) {
      try await store.commit((first..<first + 1000).map { .journal(row($0)) })
    }
    await store.close()
    made = journal
    return journal
  }
}

@LoopActor private func verify() async throws -> Double {
  let journal = try await VerifiedJournal.get()
  let begin = LoopActor.shared.loop.now
  let reader = try JournalReader.open(journal.paths.main)
  let result = try reader.verify(anchor: try Anchor(path: journal.paths.anchor).read())
  let time = LoopActor.shared.loop.now - begin
  guard result.isGood, result.rows == Int(verifiedRows) else { throw Failure(what: "\(result)") }
  return Double(time.nanoseconds) / Double(verifiedRows)
}

/// What a process had written to the medium.
private func bytesWritten(_ pid: Int32) -> Int {
  let text = ProcessMeter(pid: pid).text("/proc/\(pid)/io")
  let line = text.split(separator: "\n").first { $0.hasPrefix("write_bytes:") }
  return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
}

/// A folder on the disk, removed at the end.
final class ScratchFolder: Sendable {
  let path: String

  init() throws(SystemError) {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    path = try Directory.makePrivate(in: base, prefix: "mtor-bench")
  }

  deinit { ci_remove_tree(path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}

// MARK: History

/// A history of so many entries in three realms, made once per size.
@LoopActor private final class History {
  static var made: [Int: History] = [:]
  let folder: ScratchFolder
  let paths: StorePaths

  private init(_ folder: ScratchFolder) {
    self.folder = folder
    paths = StorePaths(directory: folder.file("store"))
  }

  static func of(_ count: Int) async throws -> History {
    if let known = made[count] { return known }
    let history = History(try ScratchFolder())
    var options = StoreOptions(history.paths)
    options.historyBytesMax = 2 << 30
    let store = Store(options)
    for number in 0..<count {
      store.remember(
        HistoryEntry(
          intent: "i\(number)", realm: "$REALM\(number % 3)", user: "user\(number % 100)", origin: "api",
          started: Int64(number), took: .milliseconds(number % 1000), ending: .completed))
      if number % 1000 == 999 { try await store.commit([]) }
    }
    await store.close()
    made[count] = history
    return history
  }
}

/// Pages of 50 entries of one realm, from the latest on: microseconds a page.
@LoopActor private func pages(of count: Int) async throws -> Double {
  let history = try await History.of(count)
  let reader = try HistoryReader(history.paths)
  let begin = LoopActor.shared.loop.now
  var filter = HistoryFilter(.realm("$REALM1"))
  for _ in 0..<5 {
    let page = try reader.page(filter)
    guard page.entries.count == filter.limit, let next = page.next else { throw Failure(what: "\(page)") }
    filter.before = next
  }
  return (LoopActor.shared.loop.now - begin).milliseconds * 1000 / 5
}
