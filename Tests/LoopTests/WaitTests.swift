// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import TestSupport
import Testing
import Time

@testable import Loop

@Suite struct WaitTests {
  enum Cause: CaseIterable, Sendable { case answer, failure, deadline, cancellation, cancelledBefore }

  struct Refused: Error, Equatable {}

  /// Whatever ends a wait first counts; everything after it is ignored.
  @Test(arguments: Cause.allCases) func aWaitEndsExactlyOnce(_ cause: Cause) async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let abandoned = Recorder<String>()
      let waiters = Recorder<Waiter<Int>>()
      let flow = LoopActor.spawn("flow") { () -> Int in
        let deadline = loop.now + (cause == .deadline ? .milliseconds(1) : .seconds(3600))
        return try await loop.wait(on: "an answer", until: deadline) { waiter in
          waiters.add(waiter)
          waiter.onAbandon { abandoned.add("undone") }
        }
      }
      if cause == .cancelledBefore { flow.cancel() }
      while waiters.values.isEmpty, cause != .cancelledBefore { await Task.yield() }
      switch cause {
      case .answer: waiters.values[0].resume(returning: 7)
      case .failure: waiters.values[0].resume(throwing: Refused())
      case .cancellation: flow.cancel()
      case .deadline, .cancelledBefore: break
      }
      let result = await flow.result
      for waiter in waiters.values {
        #expect(!waiter.isWaiting)
        waiter.resume(returning: 8)
        waiter.resume(throwing: Refused())
        waiter.abandon(CancellationError())
        #expect(waiter.timer.map(loop.cancel) != true, "the deadline's timer is gone")
      }
      switch cause {
      case .answer: try #expect(result.get() == 7)
      case .failure: #expect(throws: Refused.self) { try result.get() }
      case .deadline: #expect(throws: DeadlineExceeded("an answer")) { try result.get() }
      case .cancellation, .cancelledBefore: #expect(throws: CancellationError.self) { try result.get() }
      }
      let undone = cause == .deadline || cause == .cancellation
      #expect(abandoned.values == (undone ? ["undone"] : []))
    }
  }

  @Test func tasksAreListedWithWhatTheyWaitFor() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let deadline = loop.now + .seconds(60)
      let waiters = Recorder<Waiter<Void>>()
      let flow = LoopActor.spawn("doorbell") {
        try await loop.wait(on: "the visitor", until: deadline) { waiters.add($0) }
        while waiters.values.count == 1 { await Task.yield() }
      }
      while waiters.values.isEmpty { await Task.yield() }
      let record = try #require(loop.tasks.all.first { $0.name == "doorbell" })
      guard case .waiting("the visitor", let since, deadline) = record.state else {
        Issue.record("state is \(record.state)")
        return
      }
      #expect(since >= record.started && since <= loop.now)
      waiters.values[0].resume(returning: ())
      while record.state != .running { await Task.yield() }
      #expect(loop.tasks.all.contains { $0 === record })
      waiters.add(waiters.values[0])
      _ = await flow.result
      #expect(!record.isAlive && !loop.tasks.all.contains { $0 === record })
    }
  }

  @Test func aListedTaskCanBeCancelled() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let flow = LoopActor.spawn("stuck flow") { try await loop.sleep(for: .seconds(3600)) }
      while !loop.tasks.all.contains(where: { $0.name == "stuck flow" }) { await Task.yield() }
      loop.tasks.all.first { $0.name == "stuck flow" }?.cancel()
      let result = await flow.result
      #expect(throws: CancellationError.self) { try result.get() }
    }
  }

  @Test func aDescriptorCanBeAwaited() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let pipe = try FileDescriptor.pipe()
      let fd = pipe.read.raw
      await #expect(throws: DeadlineExceeded("a byte")) {
        try await loop.ready(fd, .read, on: "a byte", until: loop.now + .milliseconds(1))
      }
      var byte: UInt8 = 1
      #expect(write(pipe.write.raw, &byte, 1) == 1)
      #expect(try await loop.ready(fd, .read, on: "a byte") == .read)
      await #expect(throws: SystemError("watch readiness", errno: EBADF)) {
        try await loop.ready(1_000_000, .read, on: "nothing")
      }
    }
  }
}
