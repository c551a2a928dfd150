// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import Posix
import Synchronization
import Time

/// One epoll, one timer heap, one thread; also the executor of everything on `LoopActor`.
///
/// A turn: what other threads sent and resumed tasks, due timers, then at most `eventsPerTurn`
/// ready descriptors. Descriptors are level-triggered and go to plain callbacks without an
/// allocation. Why so, with figures: docs/decisions/0001-event-loop.md.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // SAFETY: `epoll`, `inbox` and `thread` are for any thread; everything else is touched on the
  // loop's thread only, which `@LoopActor` or `isOnLoopThread` guards.

  /// Events taken from the kernel in one turn; the rest wait for the next, after timers and tasks.
  public static let eventsPerTurn = 64
  /// How often in a row posted calls and tasks that cause each other run before descriptors and
  /// timers have their turn.
  public static let roundsPerTurn = 16

  let epoll: Int32
  let inbox = Inbox()
  private let thread = Atomic<UInt>(0)

  private var jobs: [UnownedJob] = []
  private var runningJobs: [UnownedJob] = []
  private var posted: [@LoopActor () -> Void] = []
  private var runningPosted: [@LoopActor () -> Void] = []
  let slots = SlotTable()
  private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: eventsPerTurn)
  /// When the running handler began, in the processor's ticks.
  private var begun: UInt64 = 0
  var timers = TimerHeap()
  /// What the loop does when there is nothing to do.
  private enum Rest { case sleep, stayAwake(until: Instant), end }
  private var rest = Rest.sleep

  /// Nil: the kernel's clock and its waits. Set once, before anything else.
  private(set) var simulation: SimulatedTime?
  /// For jitter: the system's random numbers, in a simulation those of its seed.
  @LoopActor public var random: any RandomNumberGenerator = SystemRandomNumberGenerator()

  /// The tasks now alive, for `mtor tasks`.
  public let tasks = LoopTasks()
  var counters = LoopMetrics()
  /// How long handlers hold the loop.
  @LoopActor public var stalls = StallMeter()
  /// Called after a handler has held the loop longer than `stalls.reportAbove`: name, time.
  @LoopActor public var onStall: (@LoopActor (String, Duration) -> Void)?

  public init() {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    precondition(epoll >= 0, "no descriptor left for the event loop")
    _ = cl_epoll_add(epoll, inbox.wakeDescriptor, EPOLLIN.rawValue, WatchToken.wakeUp.rawValue)
  }

  deinit {
    slots.deallocate()
    events.deallocate()
    _ = close(epoll)
  }

  /// The monotonic clock, or the time of a simulation. Any thread.
  public var now: Instant { Instant(nanoseconds: cl_monotonic_ns()) }

  public var isOnLoopThread: Bool {
    thread.load(ordering: .relaxed) == pthread_self()
  }

  // MARK: From other threads

  /// Runs `body` on the loop soon. Any thread; the order of one sender is kept.
  public func execute(_ body: @escaping @LoopActor () -> Void) { inbox.put(body) }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnLoopThread { jobs.append(job) } else { inbox.put(job) }
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  public func checkIsolated() { precondition(isOnLoopThread, "not on the loop's thread") }
  public func isIsolatingCurrentContext() -> Bool? { isOnLoopThread }

  // MARK: On the loop

  /// Runs `body` later in this turn: no lock, no system call.
  @LoopActor public func post(_ body: @escaping @LoopActor () -> Void) { posted.append(body) }

  /// To stay awake is worth it for an answer that usually comes so soon (docs/decisions/0014-staying-awake.md).
  public static let quickMax = Duration.microseconds(200)

  /// Stays awake until `end`, or until `relax(from:)`, because an answer is about to come: to be woken up takes
  /// longer than many an answer. Everything else goes on. Without effect where threads cannot run at once.
  @LoopActor public func attend(until end: Instant) {
    if case .end = rest { return }
    guard Self.hasSeveralProcessors, simulation == nil else { return }
    rest = .stayAwake(until: max(attentiveUntil ?? end, end))
    lastProcessor.store(cl_processor(), ordering: .relaxed)
  }

  /// What was attended until `end` has come. Whoever asked for a later end goes on; an earlier one that is
  /// still open ends with this one.
  @LoopActor public func relax(from end: Instant) {
    if attentiveUntil == end { rest = .sleep }
  }

  /// Nil: it sleeps when there is nothing to do.
  var attentiveUntil: Instant? { if case .stayAwake(let end) = rest { end } else { nil } }

  /// Where its thread was when it last decided to stay awake or was told to leave, and most likely still
  /// is; -1: unknown. Any thread.
  let lastProcessor = Atomic<Int32>(-1)

  /// Moves away from `processor`, if it is there, so that a thread of ours can run there at the same time. Not
  /// every scheduler does that by itself.
  @LoopActor func leave(_ processor: Int32) {
    if cl_processor() == processor { cl_leave_processor(processor) }
    lastProcessor.store(cl_processor(), ordering: .relaxed)
  }

  /// With one, who waits awake keeps the one he waits for from working. Known at the first use.
  static let hasSeveralProcessors = cl_usable_processors() > 1

  /// Ends `run()` after the current turn.
  @LoopActor public func stop() { rest = .end }

  /// Makes the calling thread the loop's: `@LoopActor` code may then run before `run()`.
  public func bindToCurrentThread() {
    thread.store(pthread_self(), ordering: .relaxed)
    _ = cl_set_timer_slack(1)
    // A peer that went away is an error of the write, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Turns until `stop()`. Blocks the calling thread, which becomes the loop's.
  public func run() {
    bindToCurrentThread()
    LoopActor.assumeIsolated {
      rest = .sleep
      begun = cl_ticks()
      // Decided once: what is simulated costs the real loop nothing.
      if let simulation {
        turn(waiting: { pass(simulation) })
      } else {
        turn(waiting: { waitForEvents() })
      }
    }
  }

  /// Lives in simulated time from now on. Before anything else uses the loop.
  @LoopActor func simulate(_ time: SimulatedTime) {
    precondition(simulation == nil, "simulated already")
    simulation = time
    stalls.ignoreDurations()
  }

  @inline(__always) @LoopActor private func turn(waiting wait: () -> Int) {
    while true {
      runQueued()
      runTimers()
      switch rest {
      case .sleep: dispatch(wait())
      case .stayAwake(let end): dispatch(lookOut(until: end))
      case .end: return
      }
    }
  }

  @LoopActor private func waitForEvents() -> Int {
    var timeout: Int64 = -1
    if !jobs.isEmpty || !posted.isEmpty || inbox.hasMail {
      timeout = 0
    } else if let deadline = timers.next, deadline != .distantFuture {
      timeout = max(0, deadline.nanoseconds(since: now))
    }
    if timeout != 0 { counters.wakeUps &+= 1 }
    let count = cl_epoll_wait(epoll, events, Int32(Self.eventsPerTurn), timeout)
    begun = cl_ticks()
    return max(0, Int(count))
  }

  /// Instead of waiting: looks for mail for a moment, then for what is ready.
  @LoopActor private func lookOut(until end: Instant) -> Int {
    for _ in 0..<32 where !inbox.hasMail { cl_relax() }
    if now >= end { rest = .sleep }
    counters.attentiveTurns &+= 1
    let count = cl_epoll_wait(epoll, events, Int32(Self.eventsPerTurn), 0)
    begun = cl_ticks()
    return max(0, Int(count))
  }

  /// Instead of waiting: when nothing at all is to be done now, time jumps to the next timer.
  @LoopActor private func pass(_ time: SimulatedTime) -> Int {
    var count = cl_epoll_wait(epoll, events, Int32(Self.eventsPerTurn), 0)
    if count <= 0, jobs.isEmpty, posted.isEmpty, !inbox.hasMail {
      counters.wakeUps &+= 1
      if let deadline = timers.next, deadline != .distantFuture {
        time.jump(to: deadline)
      } else {
        // Only the world outside can go on.
        count = cl_epoll_wait(epoll, events, Int32(Self.eventsPerTurn), -1)
      }
    }
    begun = cl_ticks()
    return max(0, Int(count))
  }

  @inline(__always) @LoopActor private func dispatch(_ count: Int) {
    for index in 0..<count {
      let token = WatchToken(rawValue: events[index].data.u64)
      if token == .wakeUp {
        inbox.clear()
        continue
      }
      let slot = slots[token]
      // The generation differs when an earlier handler of this batch removed the registration.
      guard slot.pointee.generation == token.generation, let handler = slot.pointee.handler
      else { continue }
      let name = slot.pointee.name
      handler(Interest(rawValue: events[index].events))
      counters.eventsHandled &+= 1
      measure(name)
      if !jobs.isEmpty || !posted.isEmpty { runQueued() }
    }
  }

  @LoopActor private func runTimers() {
    guard let deadline = timers.next else { return }
    let due = now
    if deadline > due { return }
    timers.takeDue(due)
    while let timer = timers.popDue() {
      timer.handler()
      counters.timersFired &+= 1
      measure(timer.name)
    }
    runQueued()
  }

  @LoopActor private func runQueued() {
    if inbox.hasMail { inbox.take(into: &jobs, &posted) }
    for _ in 0..<Self.roundsPerTurn {
      if jobs.isEmpty && posted.isEmpty { return }
      runPosted()
      runJobs()
    }
  }

  @LoopActor private func runPosted() {
    swap(&posted, &runningPosted)
    for body in runningPosted {
      body()
      measure("posted")
    }
    runningPosted.removeAll(keepingCapacity: true)
  }

  @LoopActor private func runJobs() {
    swap(&jobs, &runningJobs)
    let executor = asUnownedSerialExecutor()
    let taskExecutor = asUnownedTaskExecutor()
    for job in runningJobs {
      job.runSynchronously(isolatedTo: executor, taskExecutor: taskExecutor)
      measure(nil)
    }
    runningJobs.removeAll(keepingCapacity: true)
  }

  /// Enters how long what ran since the last reading has held the loop; nil names the task.
  @LoopActor private func measure(_ name: StaticString?) {
    let end = cl_ticks()
    let held = end &- begun
    begun = end
    if stalls.isShort(held) { return }
    let name = name.map { "\($0)" } ?? "task \(tasks.lastResumed)"
    if let duration = stalls.record(held, name) { onStall?(name, duration) }
    begun = cl_ticks()
  }
}
