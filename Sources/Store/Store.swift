// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Time

/// Durable facts of one node: journal, checkpoints, outbox and history.
///
/// Commits wait in memory, bounded, until the queue `store` has written them; what waits there
/// together is committed together. A store that cannot be opened or written keeps nobody from
/// working: commits fail, are counted, and the journal tells the gap when it can be written again.
/// What is promised: docs/store.md.
@LoopActor public final class Store {
  /// The longest that a `soon` commit waits for others, and how many rows are enough.
  public nonisolated static let soonDelay: Duration = .seconds(1)
  public nonisolated static let soonRows = 50
  /// What may wait for the disk; `soon` commits may use half of it.
  public nonisolated static let waitingRowsMax = 4096
  public nonisolated static let waitingBytesMax = 8 << 20
  /// Rows of one transaction at most, except when one commit has more.
  public nonisolated static let batchRowsMax = 512
  /// Rows without a head get one after this time.
  public nonisolated static let headDelay: Duration = .seconds(600)
  /// A head is outside at most so long after it was made: the heads of many rows in a row share that.
  public nonisolated static let anchorDelay: Duration = .seconds(1)

  public typealias Done = @LoopActor (Result<Int64, StoreError>) -> Void

  public private(set) var status = StoreStatus()
  /// Called with what has to be told to somebody, after it was logged.
  public var onEvent: (@LoopActor (StoreEvent) -> Void)?

  private let worker: StoreWorker
  private let queue = BlockingQueue("store", backlogMax: 16)
  private let loop = LoopActor.shared.loop
  private let log = Logger("store")
  private var waiting: [Commit] = []
  private var waitingRows = 0
  private var waitingBytes = 0
  private var history: [HistoryEntry] = []
  private var inFlight: [Commit] = []
  /// A batch is on the queue.
  private var isWriting = false
  private var pace = CommitPace()
  /// How long the loop stays awake for the batch on its way.
  private var attention = Instant.zero
  private var refused = Unstored()
  private var soonTimer: TimerToken?
  private var headTimer: TimerToken?
  private var anchorTimer: TimerToken?
  /// The last batch could not be stored.
  private var isFailing = false
  private var isUrgent = false
  private var isClosed = false
  private var drained: Waiter<Void>?

  /// Nothing is opened before `open()`.
  public init(_ options: StoreOptions) { worker = StoreWorker(options) }

  /// Opens the files, on the queue; commits may be given at once and wait for it.
  public func open() {
    let stamp = Stamp.now
    submit { [worker] in worker.open(at: stamp) }
  }

  // MARK: Commits

  /// Stores `writes` together. `done` gets the number of the journal's last row, or why they are not
  /// promised; it is not called when this throws.
  ///
  /// - Throws: `StoreError.backlogFull`, `.tooBig`, `.closed`, at once; nothing was taken then.
  public func commit(
    _ writes: [Write], _ durability: Durability, _ done: Done? = nil
  ) throws(StoreError) {
    var bytes = 0
    for write in writes { bytes += write.bytes }
    let commit = Commit(writes: writes, bytes: bytes, done: done)
    do throws(StoreError) {
      try check(writes, bytes: commit.bytes, rows: writes.count, durability)
    } catch {
      let stamp = Stamp.now
      for write in writes { refused.add(write.name, at: stamp) }
      throw error
    }
    waiting.append(commit)
    waitingRows += writes.count
    waitingBytes += commit.bytes
    if durability == .now || waitingRows >= Self.soonRows { isUrgent = true }
    if isUrgent { flush() } else { startSoonTimer() }
  }

  /// The same, for a flow: returns once it is durable.
  /// - Throws: `StoreError`; `CancellationError`, and then it may be stored or not.
  @discardableResult public func commit(_ writes: [Write]) async throws -> Int64 {
    try await loop.wait(on: "store") { (waiter: Waiter<Int64>) in
      do throws(StoreError) {
        try commit(writes, .now) { result in
          switch result {
          case .success(let seq): waiter.resume(returning: seq)
          case .failure(let error): waiter.resume(throwing: error)
          }
        }
      } catch { waiter.resume(throwing: error) }
    }
  }

  /// Appends to the journal, soon; a refusal or failure is counted and told by the journal later.
  public func note(_ entry: JournalEntry) {
    do throws(StoreError) { try commit([.journal(entry)], .soon) } catch { tell(error) }
  }

  /// Adds to the history, soon; a refusal or failure is counted and told by the journal later.
  public func remember(_ entry: HistoryEntry) {
    do throws(StoreError) {
      try check([], bytes: entry.bytes, rows: 1, .soon)
      history.append(entry)
      waitingRows += 1
      waitingBytes += entry.bytes
      if waitingRows >= Self.soonRows { isUrgent = true }
      if isUrgent { flush() } else { startSoonTimer() }
    } catch {
      refused.add("history", at: .now)
      tell(error)
    }
  }

  /// What is to be sent next on a channel of the outbox, the highest priority first, then the oldest.
  public func owed(channel: String, limit: Int = 16) async throws -> [OutboxItem] {
    try await queue.run("read the outbox") { [worker] in try worker.owed(channel: channel, limit: limit) }
  }

  /// The checkpoints whose keys begin with `prefix`, by their keys.
  public func checkpoints(prefix: String) async throws -> [Checkpoint] {
    try await queue.run("read checkpoints") { [worker] in try worker.checkpoints(prefix: prefix) }
  }

  private func check(
    _ writes: [Write], bytes: Int, rows: Int, _ durability: Durability
  ) throws(StoreError) {
    if isClosed { throw .closed }
    for write in writes { try write.check() }
    let share = durability == .now ? 1 : 2
    if waitingRows + rows > Self.waitingRowsMax / share
      || waitingBytes + bytes > Self.waitingBytesMax / share
    {
      throw .backlogFull(rowsMax: Self.waitingRowsMax / share, bytesMax: Self.waitingBytesMax / share)
    }
  }

  // MARK: Batches

  private func startSoonTimer() {
    if soonTimer != nil { return }
    soonTimer = loop.after(Self.soonDelay, name: "store") { [weak self] in
      self?.soonTimer = nil
      self?.isUrgent = true
      self?.flush()
    }
  }

  /// Sends what waits to the queue, unless a batch is there already: then the next follows it.
  private func flush() {
    guard !isWriting, hasWaiting else { return }
    isWriting = true
    if let timer = soonTimer.take() { loop.cancel(timer) }
    inFlight = takeBatch()
    let batch = inFlight.count == 1 ? inFlight[0].writes : inFlight.flatMap(\.writes)
    let entries = takeHistory()
    isUrgent = !waiting.isEmpty
    let lost = refused
    refused = Unstored()
    let stamp = Stamp.now
    let staysAwake = pace.isQuick && inFlight.contains { $0.done != nil }
    let linger: Duration = staysAwake ? CommitPace.quickMax : .zero
    if staysAwake {
      attention = stamp.monotonic + CommitPace.attention
      loop.attend(until: attention)
    }
    submit(isBatch: true, linger: linger) { [worker] in
      worker.apply(batch, history: entries, refused: lost, at: stamp)
    }
  }

  private var hasWaiting: Bool { !waiting.isEmpty || !history.isEmpty }

  private func takeHistory() -> [HistoryEntry] {
    let entries = history
    history = []
    waitingRows -= entries.count
    waitingBytes -= entries.reduce(0) { $0 + $1.bytes }
    return entries
  }

  private func takeBatch() -> [Commit] {
    var (count, rows) = (0, 0)
    for commit in waiting {
      if rows > 0, rows + commit.writes.count > Self.batchRowsMax { break }
      count += 1
      rows += commit.writes.count
      waitingBytes -= commit.bytes
    }
    waitingRows -= rows
    if count == waiting.count {
      defer { waiting = [] }
      return waiting
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting[..<count])
  }

  private func submit(
    isBatch: Bool = false, linger: Duration = .zero, _ work: @escaping @Sendable () -> StoreWorker.Report
  ) {
    let worker = worker
    let loop = loop
    do throws(QueueFull) {
      try queue.submit(linger: linger) {
        let begin = loop.now
        let report = work()
        let took = loop.now - begin
        loop.execute {
          if isBatch { self.note(took, report.result) }
          self.finished(report, isBatch: isBatch)
        }
        // Whoever waits for the batch does not wait for this.
        if let report = worker.tidy(at: .now) {
          loop.execute { self.finished(report, isBatch: false) }
        }
      }
    } catch {
      let failure = StoreError.unusable("\(error)")
      if isBatch { conclude(.failure(failure)) }
    }
  }

  /// What a batch took on the queue.
  private func note(_ took: Duration, _ result: Result<Int64, StoreError>) {
    loop.relax(from: attention)
    if case .success = result { pace.add(took) }
  }

  private func finished(_ report: StoreWorker.Report, isBatch: Bool) {
    status = report.status
    for event in report.events {
      tell(event)
      onEvent?(event)
    }
    switch report.result {
    case .success: settle()
    case .failure(.closed): break
    case .failure(let error): tell(error)
    }
    startHeadTimer()
    if isBatch {
      if report.owesAnchor { startAnchorTimer() }
      conclude(report.result)
    }
  }

  private func conclude(_ result: Result<Int64, StoreError>) {
    let batch = inFlight
    inFlight = []
    isWriting = false
    for commit in batch { commit.done?(result) }
    if isUrgent || isClosed { flush() } else if hasWaiting { startSoonTimer() }
    if !isWriting, !hasWaiting { drained.take()?.resume(returning: ()) }
  }

  /// Rows that nothing follows get their head after a while.
  private func startHeadTimer() {
    if headTimer != nil || isClosed || !status.hasRowsWithoutHead { return }
    headTimer = loop.after(Self.headDelay, name: "store head") { [weak self] in
      guard let self else { return }
      headTimer = nil
      let stamp = Stamp.now
      submit { [worker] in worker.makeHead(at: stamp) }
    }
  }

  private func startAnchorTimer() {
    if anchorTimer != nil || isClosed { return }
    anchorTimer = loop.after(Self.anchorDelay, name: "store anchor") { [weak self] in
      guard let self else { return }
      anchorTimer = nil
      submit { [worker] in worker.anchor() }
    }
  }

  // MARK: Ending

  /// Stores what waits, makes a head, and closes the files. Later commits are refused.
  public func close() async {
    if isClosed { return }
    isClosed = true
    for timer in [soonTimer.take(), headTimer.take(), anchorTimer.take()] {
      if let timer { loop.cancel(timer) }
    }
    flush()
    if isWriting {
      try? await loop.wait(on: "store: last commits") { (waiter: Waiter<Void>) in drained = waiter }
    }
    let stamp = Stamp.now
    let report = try? await queue.run("close") { [worker] in worker.close(at: stamp) }
    if let report { status = report.status }
  }

  // MARK: Telling

  private func settle() {
    if !isFailing { return }
    isFailing = false
    if log.settle("write") { log.notice("the store can be written again") }
  }

  private func tell(_ error: StoreError) {
    isFailing = true
    log.once(
      "write", level: .error, every: .seconds(60),
      "not stored: \(error). \(status.unstored + refused.total) changes so far; everything else goes on")
  }

  private func tell(_ event: StoreEvent) {
    switch event {
    case .quarantined(let file, let problem, let rows):
      log.error("the store was damaged (\(problem)) and put aside as \(file); \(rows) rows were taken over")
    case .endsEarly(let last, let anchor):
      log.error("the journal ends with row \(last), but its head says \(anchor): cut off, or an old copy")
    case .differs(let seq):
      log.error("row \(seq) of the journal is not the one its head was made of. See 'mtor log verify'")
    case .anchorFailed(let text):
      log.once("anchor", every: .seconds(600), "the journal's head is not kept outside: \(text)")
    case .historyFailed(let text): log.once("history", level: .error, "the history is not kept: \(text)")
    case .removed(let through): log.info("the journal's rows up to \(through) were removed to keep its size")
    }
  }

  private struct Commit {
    let writes: [Write]
    let bytes: Int
    let done: Done?
  }
}
