// SPDX-License-Identifier: Apache-2.0
import Crypto
import Glibc
import JSON
import Posix
import SQLite
import Time

/// The blocking half of a store: opens its files, writes batches, repairs. For one thread at a time.
///
/// Nothing it does throws to the outside or ends the program: what could not be stored is counted
/// and told in the report, and the next batch tries again.
final class StoreWorker: @unchecked Sendable {
  // SAFETY: after `init` it is touched only on the store's serial queue.

  /// Pause between two attempts to open a store that could not be opened.
  static let retryAfter: Duration = .seconds(1)
  /// Rows removed in one transaction, and transactions in a row.
  static let removedRowsMax = 1000
  static let removalsMax = 8

  struct Report: Sendable {
    /// The journal's last row, or why the batch is not stored.
    var result: Result<Int64, StoreError>
    var events: [StoreEvent]
    var status: StoreStatus
    /// There is a head that `writeAnchor` has to write outside.
    var owesAnchor: Bool
  }

  let options: StoreOptions
  private let boot: BootID
  private var lock: StoreLock?
  private var main: MainFile?
  private var shards: Shards?
  private var shardPagesCounted = 0
  private var nextAttempt = Instant.zero
  /// Of the history's files, while these cannot be opened.
  private var nextShardAttempt = Instant.zero
  private var shardProblem: StoreError?
  /// The file has to be read as a whole before it is used.
  private var needsCheck = true
  private var unstored = Unstored()
  private var events: [StoreEvent] = []
  private var status = StoreStatus()
  private var pagesCounted = 0
  private var pagesInLog = 0
  /// Has to be written outside yet.
  private var head: JournalHead?

  init(_ options: StoreOptions, boot: BootID = .current()) {
    self.options = options
    self.boot = boot
  }

  // MARK: Batches

  /// Stores a batch in one transaction.
  /// - Parameter refused: what was not taken since the last batch.
  func apply(
    _ batch: [Write], history: [HistoryEntry] = [], refused: Unstored = Unstored(), at stamp: Stamp
  ) -> Report {
    unstored.add(refused)
    status.unstored += refused.total
    add(history, at: stamp)
    // Entries of the history alone touch no other file.
    if batch.isEmpty, !history.isEmpty { return report(.success(status.lastSeq)) }
    let result = attempt(batch, at: stamp)
    if case .failure = result {
      for write in batch { unstored.add(write.name, at: stamp) }
      status.unstored += batch.count
    } else {
      status.stored += batch.count
    }
    return report(result)
  }

  private func attempt(_ batch: [Write], at stamp: Stamp) -> Result<Int64, StoreError> {
    do throws(StoreError) {
      let main = try opened(at: stamp)
      let gap = unstored.isEmpty ? nil : unstored.entry(at: stamp)
      head = try transact(main) { () throws(SQLiteError) in
        if let gap { try main.apply(.journal(gap), at: stamp) }
        for write in batch { try main.apply(write, at: stamp) }
        let isDue = main.journal.position.seq - main.headSeq >= options.headRows
        return isDue ? try appendHead(main, at: stamp) : nil
      }
      unstored = Unstored()
      status.problem = nil
      return .success(main.journal.position.seq)
    } catch {
      status.problem = error
      return .failure(error)
    }
  }

  /// The history has files of its own: what is wrong with these concerns nothing else.
  private func add(_ history: [HistoryEntry], at stamp: Stamp) {
    if history.isEmpty { return }
    do throws(StoreError) {
      try openedShards(at: stamp).add(history)
      status.stored += history.count
      countShards()
    } catch {
      // A file that has failed is opened anew, and read as a whole for it, except when it is only full.
      if !error.isFull { shards = nil }
      events.append(.historyFailed("\(error)"))
      status.unstored += history.count
      for _ in history { unstored.add("history", at: stamp) }
    }
  }

  private func openedShards(at stamp: Stamp) throws(StoreError) -> Shards {
    if let shards { return shards }
    _ = try opened(at: stamp)
    if stamp.monotonic < nextShardAttempt, let shardProblem { throw shardProblem }
    nextShardAttempt = stamp.monotonic + Self.retryAfter
    let opened: Shards
    do throws(StoreError) { opened = try Shards(options, at: stamp) } catch {
      shardProblem = error
      throw error
    }
    shardProblem = nil
    events += opened.damaged
    shards = opened
    shardPagesCounted = 0
    return opened
  }

  private func countShards() {
    let pages = shards?.pagesWritten ?? 0
    let new = max(0, pages - shardPagesCounted)
    shardPagesCounted = pages
    pagesInLog += new
    countBytes(new * (StoreFile.pageBytes + StoreFile.frameBytes))
  }

  private func countBytes(_ bytes: Int) {
    status.bytesWritten += bytes
    status.bytesWrittenEver += bytes
  }

  private func appendHead(_ main: MainFile, at stamp: Stamp) throws(SQLiteError) -> JournalHead? {
    try main.setBytesWritten(status.bytesWrittenEver)
    return try main.appendHead(at: stamp.wall, key: options.signingKey) ?? head
  }

  /// A file that has failed is opened anew by the next attempt, except when it is only full.
  private func transact<Value>(
    _ main: MainFile, _ body: () throws(SQLiteError) -> Value
  ) throws(StoreError) -> Value {
    do throws(SQLiteError) {
      let value = try main.transact(body)
      count(main)
      return value
    } catch {
      if error.kind != .full { self.main = nil }
      if error.kind == .corrupt { needsCheck = true }
      throw .database(error)
    }
  }

  // MARK: Opening

  /// Opens the store if it is not open; what is wrong is told by the next report.
  func open(at stamp: Stamp) -> Report {
    do throws(StoreError) {
      let main = try opened(at: stamp)
      // Users that another shard is to have move before anybody is served.
      if !options.paths.shardNames().isEmpty { _ = try openedShards(at: stamp) }
      return report(.success(main.journal.position.seq))
    } catch {
      if main != nil {
        events.append(.historyFailed("\(error)"))
      } else {
        status.problem = error
      }
      return report(.failure(error))
    }
  }

  func opened(at stamp: Stamp) throws(StoreError) -> MainFile {
    if let main { return main }
    if stamp.monotonic < nextAttempt, let problem = status.problem { throw problem }
    nextAttempt = stamp.monotonic + Self.retryAfter
    if lock == nil {
      try makeDirectory()
      lock = try StoreLock.take(options.paths.lock)
    }
    let main = try openMain(at: stamp)
    self.main = main
    pagesCounted = 0
    do throws(StoreError) {
      try compareWithAnchor(main, at: stamp)
    } catch {
      self.main = nil
      throw error
    }
    needsCheck = false
    status.problem = nil
    return main
  }

  private func makeDirectory() throws(StoreError) {
    let directory = options.paths.directory
    if mkdir(directory, 0o700) != 0, errno != EEXIST {
      let error = SystemError("make \(directory)")
      throw .unusable("\(error). Set store.directory to a folder that can be written.")
    }
  }

  private var file: StoreFile {
    StoreFile(
      path: options.paths.main, schema: .main, bytesMax: options.journalBytesMax, vfs: options.vfs)
  }

  private func openMain(at stamp: Stamp) throws(StoreError) -> MainFile {
    do throws(StoreError) {
      return try mainFile(try file.open(checks: needsCheck))
    } catch {
      guard case .damaged(let path, let problem) = error else { throw error }
      let aside = try Quarantine(path: path).putAside(at: stamp.wall)
      let connection = try file.open(checks: false)
      let rows = try database { () throws(SQLiteError) in
        try Quarantine.salvage(
          aside, into: connection, tables: ["heads", "checkpoints", "outbox", "journal"])
      }
      events.append(.quarantined(file: aside, problem: problem, rows: rows))
      let main = try mainFile(connection)
      try recover("damaged file", main, after: 0, at: stamp)
      return main
    }
  }

  private func mainFile(_ connection: consuming Connection) throws(StoreError) -> MainFile {
    do throws(SQLiteError) {
      let main = try MainFile(connection, boot: boot, outboxBytesMax: options.outboxBytesMax)
      status.bytesWrittenEver = max(status.bytesWrittenEver, try main.bytesWritten())
      return main
    } catch { throw .database(error) }
  }

  // MARK: The chain and what is known of it outside

  /// A journal that ends before its anchor is an older copy, or was cut: its next row leaves out the
  /// numbers of what is missing and says so.
  private func compareWithAnchor(_ main: MainFile, at stamp: Stamp) throws(StoreError) {
    guard let known = try Anchor(path: options.paths.anchor).read() else { return }
    let last = main.journal.position.seq
    if known.seq > last {
      events.append(.endsEarly(last: last, anchor: known.seq))
      return try recover("ends before its head", main, after: known.seq, at: stamp)
    }
    let hash = try database { () throws(SQLiteError) in try main.hash(of: known.seq) }
    if let hash, hash != known.hash { events.append(.differs(seq: known.seq)) }
  }

  private func recover(
    _ reason: String, _ main: MainFile, after lost: Int64, at stamp: Stamp
  ) throws(StoreError) {
    let last = main.journal.position.seq
    let known = (try Anchor(path: options.paths.anchor).read())?.seq ?? 0
    let entry = JournalEntry(
      ChainCheck.Word.recoveryKind, ["after": .integer(last), "reason": .string(reason)], at: stamp)
    head = try transact(main) { () throws(SQLiteError) in
      try main.journal.append(entry, seq: max(last, known, lost) + 1)
      return try appendHead(main, at: stamp)
    }
    writeAnchor()
  }

  /// Writes a head outside that batches have made, if there is one.
  func anchor() -> Report {
    writeAnchor()
    return report(.success(status.lastSeq))
  }

  /// Nobody waits for it: the row is on the medium.
  func writeAnchor() {
    guard let head = head.take() else { return }
    do throws(SystemError) {
      try Anchor(path: options.paths.anchor).write(head)
      countBytes(StoreFile.pageBytes)
    } catch {
      self.head = head
      events.append(.anchorFailed("\(error)"))
    }
  }

  // MARK: Between batches

  /// Makes a head of rows that have none, now that no more come.
  func makeHead(at stamp: Stamp) -> Report {
    guard let main else { return report(.failure(status.problem ?? .closed)) }
    do throws(StoreError) {
      head = try transact(main) { () throws(SQLiteError) in try appendHead(main, at: stamp) }
      writeAnchor()
      return report(.success(main.journal.position.seq))
    } catch {
      status.problem = error
      return report(.failure(error))
    }
  }

  /// Copies the log into the file, and removes the oldest rows of a journal that is too big. Nobody
  /// waits for it.
  func tidy(at stamp: Stamp) -> Report? {
    guard let main, pagesInLog >= options.checkpointPages else { return nil }
    do throws(StoreError) {
      for _ in 0..<Self.removalsMax {
        guard try isTooBig(main), let through = try removeOldest(main, at: stamp) else { break }
        events.append(.removed(through: through))
        writeAnchor()
      }
      try copyLog(main)
      return report(.success(main.journal.position.seq))
    } catch {
      self.main = nil
      return report(.failure(error))
    }
  }

  private func copyLog(_ main: MainFile, truncates: Bool = false) throws(StoreError) {
    let done = try database { () throws(SQLiteError) in
      try main.connection.checkpoint(truncates: truncates)
    }
    countBytes(max(0, done.copiedPages) * StoreFile.pageBytes)
    pagesInLog = 0
    countBytes((try shards?.tidy(truncates: truncates) ?? 0) * StoreFile.pageBytes)
  }

  private func isTooBig(_ main: MainFile) throws(StoreError) -> Bool {
    try database { () throws(SQLiteError) in try main.bytesUsed() > options.journalBytesMax }
  }

  func removeOldest(_ main: MainFile, at stamp: Stamp) throws(StoreError) -> Int64? {
    try transact(main) { () throws(SQLiteError) in
      guard let last = try main.removeOldest(rowsMax: Self.removedRowsMax) else { return nil }
      let body: JSONObject = ["hash": .string("\(last.hash)"), "through": .integer(last.seq)]
      try main.apply(.journal(JournalEntry(ChainCheck.Word.retentionKind, body, at: stamp)), at: stamp)
      head = try appendHead(main, at: stamp)
      return last.seq
    }
  }

  func checkpoints(prefix: String) throws(StoreError) -> [Checkpoint] {
    let main = try opened(at: .now)
    return try read { () throws(SQLiteError) in try main.checkpoints(prefix: prefix) }
  }

  func owed(channel: String, limit: Int, at stamp: Stamp = .now) throws(StoreError) -> [OutboxItem] {
    let main = try opened(at: stamp)
    return try read { () throws(SQLiteError) in try main.owed(channel: channel, limit: limit) }
  }

  /// A file that cannot be read is opened anew by the next attempt.
  private func read<Value>(_ body: () throws(SQLiteError) -> Value) throws(StoreError) -> Value {
    do throws(SQLiteError) { return try body() } catch {
      main = nil
      throw .database(error)
    }
  }

  /// Ends with a head of the last row, and with everything in the file itself.
  func close(at stamp: Stamp) -> Report {
    let report = makeHead(at: stamp)
    if let main { try? copyLog(main, truncates: true) }
    main = nil
    shards = nil
    lock = nil
    status.problem = .closed
    return report
  }

  private func count(_ main: MainFile) {
    let pages = main.connection.pagesWritten
    let new = max(0, pages - pagesCounted)
    pagesCounted = pages
    pagesInLog += new
    countBytes(new * (StoreFile.pageBytes + StoreFile.frameBytes))
  }

  private func report(_ result: Result<Int64, StoreError>) -> Report {
    status.isOpen = main != nil
    status.headSeq = main?.headSeq ?? status.headSeq
    status.lastSeq = main?.journal.position.seq ?? status.lastSeq
    defer { events = [] }
    return Report(result: result, events: events, status: status, owesAnchor: head != nil)
  }
}
