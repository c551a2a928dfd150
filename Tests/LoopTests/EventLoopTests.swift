// SPDX-License-Identifier: Apache-2.0
import CLinux
import Dispatch
import Glibc
import Posix
import TestSupport
import Testing
import Time

@testable import Loop

private let nonBlocking = Int32(EFD_NONBLOCK)

@Suite struct EventLoopTests {
  @Test(.enabled(if: EventLoop.hasSeveralProcessors)) func anAttentiveLoopDoesNotSleep() async throws {
    let turns = try await onLoop { () -> (awake: UInt64, asleep: UInt64) in
      let loop = LoopActor.shared.loop
      let queue = BlockingQueue("slow")
      let never = DispatchSemaphore(value: 0)
      @LoopActor func turnsMeanwhile() async throws -> UInt64 {
        let before = loop.metrics.attentiveTurns
        try await queue.run("a while") { _ = never.wait(timeout: .now() + .milliseconds(5)) }
        return loop.metrics.attentiveTurns - before
      }
      // Other tests hold the loop, or have stores and workers that are attended: one of a hundred attempts is
      // enough.
      var (awake, asleep) = (UInt64.zero, UInt64.max)
      for _ in 0..<100 where awake <= 10 {
        let (short, long) = (loop.now + .milliseconds(10), loop.now + .milliseconds(20))
        loop.attend(until: long)
        loop.attend(until: short)
        loop.relax(from: short)
        awake = try await turnsMeanwhile()
        loop.relax(from: long)
      }
      for _ in 0..<100 where asleep > 0 { asleep = try await turnsMeanwhile() }
      return (awake, asleep)
    }
    #expect(turns.awake > 10)
    #expect(turns.asleep == 0)
  }

  @Test(.enabled(if: EventLoop.hasSeveralProcessors)) func theLoopLeavesAProcessorAndMayComeBack()
    async throws
  {
    let (left, before, after) = try await onLoop {
      let before = cl_usable_processors()
      // The scheduler may bring it back at once.
      let left = (0..<100).contains { _ in
        let processor = cl_processor()
        LoopActor.shared.loop.leave(processor)
        return cl_processor() != processor
      }
      return (left, before, cl_usable_processors())
    }
    #expect(left)
    #expect(after == before)
  }

  /// Both descriptors are ready in one batch; whichever comes first removes the other, closes it and
  /// puts a new one, which is not ready, in its place.
  @Test func anEventOfAClosedDescriptorNeverReachesTheOneThatTookItsNumber() async throws {
    let calls = try await onLoop { () -> [String] in
      let loop = LoopActor.shared.loop
      let calls = Recorder<String>()
      let fds = [eventfd(1, nonBlocking), eventfd(1, nonBlocking)]
      let quiet = eventfd(0, nonBlocking)
      let tokens = Recorder<WatchToken>()
      for (index, fd) in fds.enumerated() {
        tokens.add(
          try loop.watch(fd, .read, name: "first owner") { _ in
            calls.add("old")
            loop.unwatch(tokens.values[1 - index])
            loop.unwatch(tokens.values[index])
            // Closes the other one and gives its number to one that is not ready.
            let other = dup2(quiet, fds[1 - index])
            let new = try? loop.watch(other, .read, name: "second owner") { _ in calls.add("new") }
            loop.unwatch(tokens.values[1 - index])
            new.map(tokens.add)
          })
      }
      while calls.values.isEmpty { try await loop.sleep(for: .milliseconds(1)) }
      if tokens.values.count == 3 { loop.unwatch(tokens.values[2]) }
      for fd in fds + [quiet] { close(fd) }
      return calls.values
    }
    #expect(calls == ["old"])
  }

  @Test func readyDescriptorsLeaveRoomForTimersAndTasks() async throws {
    let handled = try await onLoop { () -> Int in
      let loop = LoopActor.shared.loop
      let calls = Recorder<Int32>()
      let fds = (0..<150).map { _ in eventfd(1, nonBlocking) }
      let tokens = try fds.map { fd in
        try loop.watch(fd, .read, name: "always ready") { _ in calls.add(fd) }
      }
      // Due at once: it fires before the second batch.
      let counted: Int = try await loop.wait(on: "timer") { waiter in
        loop.post {
          let before = calls.values.count
          _ = loop.after(.zero, name: "between") { waiter.resume(returning: calls.values.count - before) }
        }
      }
      // Level-triggered, in turns: each is served in the end.
      while Set(calls.values) != Set(fds) { try await loop.sleep(for: .milliseconds(1)) }
      for token in tokens { loop.unwatch(token) }
      for fd in fds { close(fd) }
      return counted
    }
    #expect(handled <= EventLoop.eventsPerTurn)
  }

  @Test func callsThatCauseEachOtherLeaveRoomForDescriptorsAndTimers() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let chain = Chain(loop)
      chain.step()
      try await loop.sleep(for: .milliseconds(1))
      chain.stop()
      #expect(chain.steps > EventLoop.roundsPerTurn)
    }
  }

  @Test func callsOfOneThreadKeepTheirOrder() async throws {
    let values = Recorder<Int>()
    let count = 2000
    LoopThread.start()
    let thread = DetachedThread {
      for index in 0..<count { LoopActor.shared.loop.execute { values.add(index) } }
    }
    thread.join()
    #expect(try await eventually { values.values.count == count })
    try await onLoop { #expect(values.values == Array(0..<count)) }
  }

  @Test func whatEpollCannotWatchIsAnErrorThatNamesIt() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let file = try FileDescriptor.open("/proc/self/exe", O_RDONLY)
      let fileRaw = file.raw
      #expect(throws: SystemError("watch a file", errno: EPERM)) {
        _ = try loop.watch(fileRaw, .read, name: "a file") { _ in }
      }
      let pipe = try FileDescriptor.pipe()
      let fd = pipe.read.raw
      let token = try loop.watch(fd, .read, name: "pipe") { _ in }
      #expect(throws: SystemError("watch pipe again", errno: EEXIST)) {
        _ = try loop.watch(fd, .read, name: "pipe again") { _ in }
      }
      loop.unwatch(token)
      loop.unwatch(token)
      loop.modify(token, .write)
    }
  }

  @Test(.enabled(if: Instruments.isOptimised, "unoptimised code allocates; make bench counts too"))
  func descriptorEventsAndTimersAllocateNothingInSteadyState() async throws {
    let lowest = try await onLoop { () -> UInt64 in
      let relay = try SteadyState()
      defer { relay.close() }
      var lowest = UInt64.max
      // The other tests share the loop: the quietest run counts.
      for _ in 0..<50 where lowest > 0 {
        lowest = min(lowest, try await LoopActor.shared.loop.wait(on: "events") { relay.start($0) })
      }
      return lowest
    }
    #expect(lowest == 0)
  }

  @Test func aHandlerThatHoldsTheLoopIsNamed() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let stalls = Recorder<String>()
      let before = loop.stalls
      loop.stalls.reportAbove = .microseconds(200)
      let isTask = { (name: String) in name.hasPrefix("task aHandlerThatHoldsTheLoopIsNamed") }
      // The other tests share the loop, and a daemon of theirs may take its reports over: once more then.
      for _ in 0..<100 {
        if stalls.values.contains("slow timer"), stalls.values.contains(where: isTask) { break }
        loop.onStall = { name, _ in stalls.add(name) }
        _ = loop.after(.zero, name: "slow timer") { spin(.milliseconds(1)) }
        try await loop.sleep(for: .milliseconds(2))
        loop.onStall = { name, _ in stalls.add(name) }
        spin(.milliseconds(1))
        try await loop.sleep(for: .milliseconds(1))
      }
      loop.onStall = nil
      loop.stalls.reportAbove = before.reportAbove
      #expect(stalls.values.contains("slow timer"))
      #expect(stalls.values.contains(where: isTask))
      let long = { (meter: StallMeter) in meter.counts[3...].reduce(0, +) }
      #expect(long(loop.stalls) >= long(before) + 2, "two more in the buckets from 1 ms on")
      #expect(loop.stalls.longest.duration >= .milliseconds(1))
    }
  }

  @Test func aRepeatingTimerKeepsItsRhythmAndSkipsWhatItMissed() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let times = Recorder<Instant>()
      let start = loop.now
      let timer = loop.every(.milliseconds(2), name: "tick") {
        times.add(loop.now)
        if times.values.count == 2 { spin(.milliseconds(7)) }
      }
      while times.values.count < 5 { try await loop.sleep(for: .milliseconds(1)) }
      timer.cancel()
      let count = times.values.count
      try await loop.sleep(for: .milliseconds(5))
      #expect(times.values.count == count, "cancelled")
      for (index, time) in times.values.enumerated() {
        #expect(time - start >= .milliseconds(2 * (index + 1)), "never early")
      }
      #expect(times.values[3] - start >= .milliseconds(10), "missed ones are not made up for")
    }
  }

  @Test func aRepeatingTimerThatIsLetGoFiresIntoNothing() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let times = Recorder<Instant>()
      _ = loop.every(.milliseconds(1), name: "tick") { times.add(loop.now) }
      try await loop.sleep(for: .milliseconds(5))
      #expect(times.values.isEmpty)
    }
  }
}

/// A call that posts itself again until it is stopped.
@LoopActor private final class Chain {
  private let loop: EventLoop
  private var isRunning = true
  private(set) var steps = 0

  init(_ loop: EventLoop) { self.loop = loop }

  func step() {
    steps += 1
    if isRunning { loop.post { self.step() } }
  }

  func stop() { isRunning = false }
}

/// A pipe that feeds itself: each event reads a byte, moves a timer and writes the next byte.
@LoopActor private final class SteadyState {
  private let loop = LoopActor.shared.loop
  private var ends: FileDescriptor.Pipe
  private var watch: WatchToken?
  private var timer: TimerToken?
  private var events = 0
  private var before: UInt64 = 0
  private var waiter: Waiter<UInt64>?

  init() throws {
    ends = try FileDescriptor.pipe()
    watch = try loop.watch(ends.read.raw, .read, name: "pipe") { [unowned self] _ in event() }
  }

  func start(_ waiter: Waiter<UInt64>) {
    self.waiter = waiter
    events = 0
    send()
  }

  func close() {
    watch.map(loop.unwatch)
    if let timer { loop.cancel(timer) }
  }

  private func event() {
    var byte: UInt8 = 0
    _ = read(ends.read.raw, &byte, 1)
    if let timer { loop.cancel(timer) }
    timer = loop.after(.seconds(1), name: "moved") {}
    events += 1
    if events == 100 { before = Instruments.threadAllocations }
    if events == 1100 { return waiter.take()!.resume(returning: Instruments.threadAllocations - before) }
    send()
  }

  private func send() {
    var byte: UInt8 = 1
    _ = write(ends.write.raw, &byte, 1)
  }
}

/// Holds the loop for some time.
@LoopActor func spin(_ duration: Duration) {
  let end = LoopActor.shared.loop.now + duration
  while LoopActor.shared.loop.now < end {}
}
