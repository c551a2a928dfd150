// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Posix
import Synchronization
import Time

/// One epoll, one timer heap, one thread; also the executor of everything on `LoopActor`.
///
/// A turn: what other threads sent, resumed tasks, due timers, then at most `eventsPerTurn` ready
/// descriptors. Descriptors are level-triggered and go to plain callbacks without an allocation.
/// Why so, with figures: docs/decisions/0001-event-loop.md.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // SAFETY: `epoll`, `wakeFD`, the inboxes and the atomics are for any thread; everything else is
  // touched on the loop's thread only, which `@LoopActor` or `isOnLoopThread` guards.

  /// Events taken from the kernel in one turn; the rest wait for the next, after timers and tasks.
  public static let eventsPerTurn = 64

  let epoll: Int32
  private let wakeFD: Int32
  private let wakePending = Atomic<Bool>(false)
  private let thread = Atomic<UInt>(0)
  private let incomingJobs = Locked<[UnownedJob]>([])
  private let incomingCalls = Locked<[@LoopActor () -> Void]>([])

  private var jobs: [UnownedJob] = []
  private var runningJobs: [UnownedJob] = []
  private var posted: [@LoopActor () -> Void] = []
  private var runningPosted: [@LoopActor () -> Void] = []
  private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: eventsPerTurn)
  var slots: [Slot] = []
  var timers = TimerHeap()
  private var isStopping = false

  /// The tasks now alive, for `mtor tasks`.
  public let tasks = LoopTasks()
  /// How often the loop has returned from waiting for the kernel. An idle loop does not count up.
  @LoopActor public private(set) var wakeUps: UInt64 = 0
  @LoopActor public private(set) var eventsHandled: UInt64 = 0
  @LoopActor public var stalls = StallMeter()
  /// Called after a handler has held the loop longer than `stalls.reportAbove`: name, time.
  @LoopActor public var onStall: (@LoopActor (StaticString, Duration) -> Void)?

  public init() {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeFD = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    precondition(epoll >= 0 && wakeFD >= 0, "no descriptors left for the event loop")
    _ = cl_epoll_add(epoll, wakeFD, EPOLLIN.rawValue, .max)
  }

  /// The monotonic clock. Any thread.
  public var now: Instant { Instant(nanoseconds: cl_monotonic_ns()) }

  public var isOnLoopThread: Bool {
    thread.load(ordering: .relaxed) == pthread_self()
  }

  // MARK: From other threads

  /// Runs `body` on the loop soon. Any thread; order is kept per sender.
  public func execute(_ body: @escaping @LoopActor () -> Void) {
    incomingCalls.withLock { $0.append(body) }
    wake()
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnLoopThread { return jobs.append(job) }
    incomingJobs.withLock { $0.append(job) }
    wake()
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  public func checkIsolated() { precondition(isOnLoopThread, "not on the loop's thread") }
  public func isIsolatingCurrentContext() -> Bool? { isOnLoopThread }

  private func wake() {
    if wakePending.exchange(true, ordering: .acquiringAndReleasing) { return }
    var one: UInt64 = 1
    _ = write(wakeFD, &one, 8)
  }

  // MARK: On the loop

  /// Runs `body` later in this turn: no lock, no system call.
  @LoopActor public func post(_ body: @escaping @LoopActor () -> Void) { posted.append(body) }

  /// Ends `run()` after the current turn.
  @LoopActor public func stop() { isStopping = true }

  /// Makes the calling thread the loop's: `@LoopActor` code may then run before `run()`.
  public func bindToCurrentThread() {
    thread.store(pthread_self(), ordering: .relaxed)
    _ = cl_set_timer_slack(1)
  }

  /// Turns until `stop()`. Blocks the calling thread, which becomes the loop's.
  public func run() {
    bindToCurrentThread()
    LoopActor.assumeIsolated {
      isStopping = false
      while true {
        runJobs()
        runTimers()
        if isStopping { return }
        dispatch(waitForEvents())
      }
    }
  }

  @LoopActor private func waitForEvents() -> Int {
    var timeout: Int64 = -1
    if !jobs.isEmpty || !posted.isEmpty || wakePending.load(ordering: .relaxed) {
      timeout = 0
    } else if let deadline = timers.next, deadline != .distantFuture {
      timeout = max(0, (deadline - now).nanoseconds)
    }
    let count = cl_epoll_wait(epoll, events, Int32(Self.eventsPerTurn), timeout)
    wakeUps &+= 1
    return max(0, Int(count))
  }

  @LoopActor private func dispatch(_ count: Int) {
    var start = cl_monotonic_ns()
    for index in 0..<count {
      let token = WatchToken(rawValue: events[index].data.u64)
      if token.rawValue == .max {
        var value: UInt64 = 0
        _ = read(wakeFD, &value, 8)
        continue
      }
      // The generation differs when an earlier handler of this batch removed the registration.
      guard slots[token.fd].generation == token.generation, let handler = slots[token.fd].handler
      else { continue }
      let name = slots[token.fd].name
      handler(Interest(rawValue: events[index].events))
      eventsHandled &+= 1
      start = measure(name, since: start)
      if !jobs.isEmpty || !posted.isEmpty {
        runJobs()
        start = cl_monotonic_ns()
      }
    }
  }

  @LoopActor private func runTimers() {
    guard let deadline = timers.next else { return }
    var start = cl_monotonic_ns()
    let due = Instant(nanoseconds: start)
    if deadline > due { return }
    while let timer = timers.popDue(due) {
      timer.handler()
      start = measure(timer.name, since: start)
    }
    runJobs()
  }

  @LoopActor private func runJobs() {
    if wakePending.load(ordering: .relaxed) { takeIncoming() }
    if jobs.isEmpty && posted.isEmpty { return }
    let executor = asUnownedSerialExecutor()
    let taskExecutor = asUnownedTaskExecutor()
    var start = cl_monotonic_ns()
    while !jobs.isEmpty || !posted.isEmpty {
      swap(&posted, &runningPosted)
      for body in runningPosted {
        body()
        start = measure("posted", since: start)
      }
      runningPosted.removeAll(keepingCapacity: true)
      swap(&jobs, &runningJobs)
      for job in runningJobs {
        job.runSynchronously(isolatedTo: executor, taskExecutor: taskExecutor)
        start = measure("task", since: start)
      }
      runningJobs.removeAll(keepingCapacity: true)
    }
  }

  @LoopActor private func takeIncoming() {
    wakePending.store(false, ordering: .sequentiallyConsistent)
    incomingJobs.withLock {
      jobs.append(contentsOf: $0)
      $0.removeAll(keepingCapacity: true)
    }
    posted.append(
      contentsOf: incomingCalls.withLock {
        let calls = $0
        $0 = []
        return calls
      })
  }

  @LoopActor private func measure(_ name: StaticString, since start: UInt64) -> UInt64 {
    let end = cl_monotonic_ns()
    if stalls.record(end &- start, name) { onStall?(name, .nanoseconds(Int64(clamping: end &- start))) }
    return end
  }

  struct Slot {
    var generation: UInt32 = 0
    var name: StaticString = ""
    var handler: (@LoopActor (Interest) -> Void)?
  }
}
