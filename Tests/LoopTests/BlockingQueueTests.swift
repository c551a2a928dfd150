// SPDX-License-Identifier: Apache-2.0
import CLinux
import Dispatch
import Glibc
import Posix
import TestSupport
import Testing
import Time

@testable import Loop

@Suite struct BlockingQueueTests {
  @Test func aFullBacklogRefusesAndSaysSo() throws {
    let queue = BlockingQueue("disk", backlogMax: 2)
    let gate = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    try queue.submit { gate.wait() }
    try queue.submit { done.signal() }
    #expect(queue.depth == 2)
    #expect(throws: QueueFull(queue: "disk", backlogMax: 2)) { try queue.submit {} }
    #expect(queue.refusedCount == 1)
    gate.signal()
    done.wait()
    #expect(QueueFull(queue: "disk", backlogMax: 2).description == "queue 'disk' is full (2 waiting)")
  }

  @Test func workRunsOffTheLoopAndItsResultComesBack() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let queue = BlockingQueue("work", backlogMax: 1)
      let wasOnLoop = try await queue.run("a look around") { loop.isOnLoopThread }
      #expect(!wasOnLoop && loop.isOnLoopThread)
      await #expect(throws: SystemError("open /nowhere", errno: ENOENT)) {
        try await queue.run("a bad file") { _ = try FileDescriptor.open("/nowhere", O_RDONLY) }
      }
    }
  }

  @Test func workThatIsLateIsNotWaitedFor() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let queue = BlockingQueue("late", backlogMax: 1)
      let gate = DispatchSemaphore(value: 0)
      await #expect(throws: DeadlineExceeded("late: a lookup")) {
        try await queue.run("a lookup", until: loop.now + .milliseconds(2)) { gate.wait() }
      }
      await #expect(throws: QueueFull(queue: "late", backlogMax: 1)) {
        try await queue.run("another") {}
      }
      gate.signal()
    }
  }

  @Test func aQueueThatIsAtOnePieceOfWorkForLongIsKnownByName() throws {
    let queue = BlockingQueue("wedged")
    let gate = DispatchSemaphore(value: 0)
    let (begun, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    try queue.submit {
      begun.signal()
      gate.wait()
    }
    begun.wait()
    #expect(BlockingQueue.stuck(for: .zero).contains("wedged"))
    #expect(!BlockingQueue.stuck(for: .seconds(3600)).contains("wedged"))
    gate.signal()
    try queue.submit {}
    try queue.submit { done.signal() }
    done.wait()
    #expect(BlockingQueue.stuck(for: .seconds(60)).allSatisfy { $0 != "wedged" })
  }

  @Test(.enabled(if: EventLoop.hasSeveralProcessors)) func aThreadStaysAwakeUntilTheNextPiece() throws {
    // Where all other processors are busy, the scheduler may bring both threads to the same one every time: the
    // loop's is made unknown. Of a hundred attempts one is enough: other tests' loop may become known again.
    let stayed = try (0..<100).contains { _ in
      try Self.staysAwake(after: { LoopActor.shared.loop.lastProcessor.store(-1, ordering: .relaxed) })
    }
    #expect(stayed)
  }

  @Test(.enabled(if: EventLoop.hasSeveralProcessors))
  func aThreadDoesNotStayAwakeOnTheLoopsProcessor() async throws {
    var stayed = true
    for _ in 0..<100 where stayed {
      let processor = try await onLoop {
        let loop = LoopActor.shared.loop
        loop.attend(until: loop.now)
        return loop.lastProcessor.load(ordering: .relaxed)
      }
      stayed = try await onThread { try Self.staysAwake(after: { move(to: processor) }) }
    }
    #expect(!stayed)
  }

  /// Whether a queue's thread is awake a while after its work, until the next piece.
  private static func staysAwake(after work: @escaping @Sendable () -> Void) throws -> Bool {
    let queue = BlockingQueue("awake")
    let (done, source) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    try queue.submit(linger: .seconds(600)) {
      work()
      done.signal()
    }
    done.wait()
    // What is no piece of work does not end it.
    queue.dispatchQueue.async { source.signal() }
    let stayed = source.wait(timeout: .now() + .milliseconds(50)) == .timedOut
    try queue.submit { done.signal() }
    done.wait()
    if stayed { #expect(source.wait(timeout: .now()) == .success) }
    return stayed
  }

  /// The next one finds the thread awake, falling asleep or asleep.
  @Test func aThreadThatStayedAwakeFallsAsleepAndIsWokenUp() throws {
    let queue = BlockingQueue("asleep")
    let (done, never) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    for round in 0..<200 {
      try queue.submit(linger: .microseconds(500)) { done.signal() }
      done.wait()
      _ = never.wait(timeout: .now() + .microseconds(round * 5))
    }
    queue.dispatchQueue.sync {}
    #expect(queue.depth == 0)
  }

  @Test func smallCausesBecomeOnePieceOfWork() async throws {
    let queue = BlockingQueue("journal")
    let sums = Locked<[UInt]>([])
    let gate = DispatchSemaphore(value: 0)
    try queue.submit { gate.wait() }
    let source = queue.coalescingSource { sum in sums.withLock { $0.append(sum) } }
    for _ in 0..<100 { source.add() }
    gate.signal()
    #expect(try await eventually { sums.withLock { $0 } == [100] })
    source.cancel()
  }

  @Test func aFlushTimerRepeatsUntilItIsCancelled() async throws {
    let queue = BlockingQueue("flush")
    let count = Locked(0)
    let timer = queue.flushTimer(every: .milliseconds(2), leeway: .zero) { count.withLock { $0 += 1 } }
    #expect(try await eventually { count.withLock { $0 } >= 3 })
    timer.cancel()
    queue.dispatchQueue.sync {}
    let after = count.withLock { $0 }
    try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(10)) }
    #expect(count.withLock { $0 } == after)
  }

  /// Also: the descriptor is closed once, by the source, after its last read.
  @Test(arguments: [false, true]) func outputOfAPipeArrivesWhole(cancelsEarly: Bool) async throws {
    let queue = BlockingQueue("output")
    let received = Locked<(bytes: Int, ended: Bool)>((0, false))
    let pipe = try FileDescriptor.pipe()
    let readEnd = pipe.read.raw
    let writeRaw = pipe.write.raw
    // The number alone says nothing: another test may get it next.
    let pipeInode = inode(readEnd)
    #expect(pipeInode != nil)
    var writeEnd: FileDescriptor? = pipe.write
    let source = try queue.readSource(pipe.read) { bytes in
      received.withLock { $0 = ($0.bytes + bytes.count, bytes.isEmpty) }
    }
    let data = [UInt8](repeating: 7, count: 40_000)
    let written = data.withUnsafeBytes { write(writeRaw, $0.baseAddress, $0.count) }
    #expect(written == data.count)
    #expect(try await eventually { received.withLock { $0.bytes } == data.count })
    if cancelsEarly { source.cancel() } else { writeEnd.take()?.close() }
    #expect(try await eventually { inode(readEnd) != pipeInode })
    #expect(received.withLock { $0.ended } == !cancelsEarly)
  }
}

private func inode(_ descriptor: Int32) -> ino_t? {
  var status = stat()
  return fstat(descriptor, &status) == 0 ? status.st_ino : nil
}

/// Brings the calling thread there, as far as the scheduler lets it.
private func move(to processor: Int32) {
  for _ in 0..<1000 where cl_processor() != processor { cl_leave_processor(cl_processor()) }
}
