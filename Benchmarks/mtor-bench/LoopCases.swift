// SPDX-License-Identifier: Apache-2.0
import CBench
import CInstruments
import CLinux
import Dispatch
import Glibc
import Loop
import Posix
import Time

private let relayEvents = 20_000
private let latencySamples = 300
private let clockReadings = 200_000
private let readyEvents = 200_000
private let latencyGapMicroseconds: UInt32 = 300

/// The loop against bare C, against Dispatch, and with `async` above it.
let loopCases: [Case] = [
  .compare(
    "loop.fd_dispatch", "ns", goal: 1.15, to: "C epoll", operations: relayEvents,
    ours: { try await PipeRelay.nanosecondsPerEvent(relayEvents) },
    baseline: { cb_relay(Int32(relayEvents)) }),
  .compare(
    "loop.fd_dispatch_vs_libuv", "ns", to: "libuv", operations: relayEvents,
    ours: { try await PipeRelay.nanosecondsPerEvent(relayEvents) },
    baseline: { cb_uv_relay(Int32(relayEvents)) }),
  .compare(
    "loop.fd_latency", "ns", goal: 1.15, to: "C epoll", operations: latencySamples, ours: loopLatency,
    baseline: { try latency(cb_receive) }),
  .compare(
    "loop.fd_latency_vs_libuv", "ns", to: "libuv", operations: latencySamples, ours: loopLatency,
    baseline: { try latency(cb_uv_receive) }),
  .compare(
    "loop.fd_vs_dispatchsource", "ns", to: "DispatchSource", operations: latencySamples, ours: loopLatency,
    baseline: dispatchLatency),
  .compare(
    "loop.fd_dispatch_only", "ns", to: "C epoll", operations: readyEvents,
    ours: { try await ReadyDescriptors(64).nanosecondsPerEvent(readyEvents) },
    baseline: { cb_dispatch(64, Int32(readyEvents)) }),
  .compare(
    "loop.fd_dispatch_only_vs_libuv", "ns", to: "libuv", operations: readyEvents,
    ours: { try await ReadyDescriptors(64).nanosecondsPerEvent(readyEvents) },
    baseline: { cb_uv_dispatch(64, Int32(readyEvents)) }),
  .compare(
    "loop.async_ready", "ns", to: "callback", operations: relayEvents / 4,
    ours: { try await asyncRelay(relayEvents / 4) },
    baseline: { try await PipeRelay.nanosecondsPerEvent(relayEvents / 4) }),
  .measure("loop.allocs_per_event", "count", goal: 0) {
    try await PipeRelay.allocationsPerEvent(relayEvents)
  },
  .measure("loop.execute_latency", "ns", executeLatency),
  .measure("loop.task_resume", "ns") { try await taskResume(10_000) },
  .measure("loop.task_spawn", "ns") { try await taskSpawn(5_000) },
  .compare(
    "loop.clock_reading", "ns", to: "C clock_gettime", operations: clockReadings,
    ours: { clockReading(clockReadings) }, baseline: { cb_clock(Int32(clockReadings)) }),
]

/// A pipe that feeds itself through the loop, as `cb_relay` does in C.
@LoopActor final class PipeRelay {
  private let loop = LoopActor.shared.loop
  private let pipe: FileDescriptor.Pipe
  private var token: WatchToken?
  private var remaining = 0
  private var done: Waiter<Void>?

  static func nanosecondsPerEvent(_ count: Int) async throws -> Double {
    let relay = try PipeRelay()
    let start = relay.loop.now
    try await relay.run(count)
    return Double((relay.loop.now - start).nanoseconds) / Double(count)
  }

  /// What `count` more events allocate, waiting for their end included.
  static func allocationsPerEvent(_ count: Int) async throws -> Double {
    let relay = try PipeRelay()
    try await relay.run(100)
    let before = ci_thread_allocations()
    try await relay.run(100)
    let waiting = ci_thread_allocations() - before
    try await relay.run(count)
    return Double(ci_thread_allocations() - before - 2 * waiting) / Double(count)
  }

  init() throws {
    pipe = try FileDescriptor.pipe()
    token = try loop.watch(pipe.read.raw, .read, name: "relay") { [unowned self] _ in relay() }
  }

  func run(_ count: Int) async throws {
    remaining = count
    try await loop.wait(on: "relay") { (waiter: Waiter<Void>) in
      done = waiter
      var value: UInt64 = 0
      _ = write(pipe.write.raw, &value, 8)
    }
  }

  private func relay() {
    var value: UInt64 = 0
    guard read(pipe.read.raw, &value, 8) == 8 else { return }
    remaining -= 1
    if remaining == 0 { return done.take()!.resume(returning: ()) }
    _ = write(pipe.write.raw, &value, 8)
  }

  deinit { LoopActor.assumeIsolated { [token, loop] in token.map(loop.unwatch) } }
}

/// Descriptors that are always ready: dispatch and nothing else.
@LoopActor private final class ReadyDescriptors {
  private let loop = LoopActor.shared.loop
  private let descriptors: [Int32]
  private var tokens: [WatchToken] = []
  private var remaining = 0
  private var done: Waiter<Void>?

  init(_ count: Int) { descriptors = (0..<count).map { _ in eventfd(1, 0) } }

  func nanosecondsPerEvent(_ count: Int) async throws -> Double {
    remaining = count
    for descriptor in descriptors {
      tokens.append(
        try loop.watch(descriptor, .read, name: "ready") { [unowned self] _ in
          remaining -= 1
          if remaining == 0 { done.take()!.resume(returning: ()) }
        })
    }
    let start = loop.now
    try await loop.wait(on: "events") { done = $0 }
    let time = loop.now - start
    for token in tokens { loop.unwatch(token) }
    for descriptor in descriptors { close(descriptor) }
    return Double(time.nanoseconds) / Double(count)
  }
}

@LoopActor private func asyncRelay(_ count: Int) async throws -> Double {
  let loop = LoopActor.shared.loop
  let pipe = try FileDescriptor.pipe()
  var value: UInt64 = 0
  let start = loop.now
  for _ in 0..<count {
    _ = write(pipe.write.raw, &value, 8)
    try await loop.ready(pipe.read.raw, .read, on: "a byte")
    _ = read(pipe.read.raw, &value, 8)
  }
  return Double((loop.now - start).nanoseconds) / Double(count)
}

/// Median time from another thread's write to the first line of our handler.
@LoopActor private func loopLatency() async throws -> Double {
  let loop = LoopActor.shared.loop
  let pipe = try FileDescriptor.pipe()
  let samples = Samples(latencySamples)
  let fd = pipe.read.raw
  let writer = pipe.write.raw
  var token: WatchToken?
  try await loop.wait(on: "samples") { (done: Waiter<Void>) in
    token = try? loop.watch(fd, .read, name: "latency") { _ in
      let arrived = loop.now
      var sent: UInt64 = 0
      guard read(fd, &sent, 8) == 8 else { return }
      if samples.add(arrived.nanoseconds &- sent) { done.resume(returning: ()) }
    }
    cb_feed(writer, Int32(latencySamples), latencyGapMicroseconds)
  }
  token.map(loop.unwatch)
  return samples.median
}

/// The same through another loop.
@LoopActor private func latency(
  _ receive: (Int32, Int32, UnsafeMutablePointer<UInt64>?) -> Void
) throws -> Double {
  let pipe = try FileDescriptor.pipe()
  var latencies = [UInt64](repeating: 0, count: latencySamples)
  cb_feed(pipe.write.raw, Int32(latencySamples), latencyGapMicroseconds)
  receive(pipe.read.raw, Int32(latencySamples), &latencies)
  return Statistics(latencies.map { Double($0) }).median
}

@LoopActor private func dispatchLatency() async throws -> Double {
  let loop = LoopActor.shared.loop
  let pipe = try FileDescriptor.pipe()
  let samples = Samples(latencySamples)
  let fd = pipe.read.raw
  let writer = pipe.write.raw
  let queue = DispatchQueue(label: "bench")
  let source = DispatchSource.makeReadSource(fileDescriptor: fd, queue: queue)
  try await loop.wait(on: "samples") { (done: Waiter<Void>) in
    source.setEventHandler { @Sendable in
      let arrived = loop.now
      var sent: UInt64 = 0
      guard read(fd, &sent, 8) == 8 else { return }
      if samples.add(arrived.nanoseconds &- sent) { loop.execute { done.resume(returning: ()) } }
    }
    source.activate()
    cb_feed(writer, Int32(latencySamples), latencyGapMicroseconds)
  }
  try await loop.wait(on: "the source's end") { (done: Waiter<Void>) in
    source.setCancelHandler { @Sendable in loop.execute { done.resume(returning: ()) } }
    source.cancel()
  }
  return samples.median
}

/// Median time from `execute` on another thread to the body on the loop.
@LoopActor private func executeLatency() async throws -> Double {
  let loop = LoopActor.shared.loop
  let samples = Samples(latencySamples)
  let queue = BlockingQueue("bench", backlogMax: latencySamples)
  try await loop.wait(on: "samples") { (done: Waiter<Void>) in
    try? queue.submit {
      for _ in 0..<latencySamples {
        var gap = timespec(tv_sec: 0, tv_nsec: Int(latencyGapMicroseconds) * 1000)
        nanosleep(&gap, nil)
        let sent = loop.now
        loop.execute {
          if samples.add(UInt64((loop.now - sent).nanoseconds)) { done.resume(returning: ()) }
        }
      }
    }
  }
  return samples.median
}

@LoopActor private func taskResume(_ count: Int) async throws -> Double {
  let loop = LoopActor.shared.loop
  let start = loop.now
  for _ in 0..<count { await Task.yield() }
  return Double((loop.now - start).nanoseconds) / Double(count)
}

@LoopActor private func taskSpawn(_ count: Int) async throws -> Double {
  let loop = LoopActor.shared.loop
  let start = loop.now
  for _ in 0..<count { _ = try await LoopActor.spawn("bench") {}.value }
  return Double((loop.now - start).nanoseconds) / Double(count)
}

/// What telling simulated time from the kernel's costs is in it.
@LoopActor private func clockReading(_ count: Int) -> Double {
  let loop = LoopActor.shared.loop
  let start = loop.now
  var last = start
  for _ in 0..<count { last = loop.now }
  return Double((last - start).nanoseconds) / Double(count)
}

/// Latencies in nanoseconds, added by one thread at a time, preallocated.
final class Samples: @unchecked Sendable {
  // SAFETY: one thread adds; the loop reads after the last was added, which it hears through its inbox.
  private var values: [UInt64] = []
  private let count: Int

  init(_ count: Int) {
    self.count = count
    values.reserveCapacity(count)
  }

  /// True when this was the last one.
  func add(_ value: UInt64) -> Bool {
    values.append(value)
    return values.count == count
  }

  var median: Double { Statistics(values.map { Double($0) }).median }
}
