// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Dispatch
import Glibc
import Loop
import Time

/// Runs the shared loop on a thread of its own, for the tests of this process.
public enum LoopThread {
  private static let started: Void = {
    let ready = DispatchSemaphore(value: 0)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(ready).toOpaque()
    pthread_create(&thread, nil, runLoop, context)
    ready.wait()
  }()

  /// Starts it the first time; returns when `@LoopActor` code can run.
  public static func start() { _ = started }
}

private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let loop = LoopActor.shared.loop
  loop.bindToCurrentThread()
  ci_watch_pool_jobs()
  // SAFETY: the pointer was retained for this thread, which takes it over once.
  Unmanaged<DispatchSemaphore>.fromOpaque(context!).takeRetainedValue().signal()
  loop.run()
  return nil
}

/// Carries results back to tests, so that the loop's thread itself wakes no task of the pool.
private let relay = DispatchQueue(label: "test-relay")

/// Runs `body` as a task of the loop and waits for it: how a test uses `@LoopActor` code.
@discardableResult
public func onLoop<Success: Sendable>(
  _ name: String = #function, _ body: @escaping @Sendable @LoopActor () async throws -> Success
) async throws -> Success {
  LoopThread.start()
  return try await withUnsafeThrowingContinuation { continuation in
    LoopActor.spawn(name) {
      do {
        let value = try await body()
        relay.async { continuation.resume(returning: value) }
      } catch {
        relay.async { continuation.resume(throwing: error) }
      }
    }
  }
}

/// Runs what waits, for a socket or a program, on a thread of its own: those of the pool are as few as there are
/// processors, and every other test needs them.
public func onThread<Success: Sendable>(
  _ body: @escaping @Sendable () throws -> Success
) async throws -> Success {
  try await withUnsafeThrowingContinuation { continuation in
    DispatchQueue(label: "test-wait").async { continuation.resume(with: Result(catching: body)) }
  }
}

/// As `eventually`, for a condition that takes time to find out.
public func comesTrue(
  within limit: Duration = .seconds(20), _ condition: @escaping @Sendable () async throws -> Bool
) async throws -> Bool {
  let deadline = try await onLoop { LoopActor.shared.loop.now + limit }
  while try await !condition() {
    let isLate = try await onLoop {
      try await LoopActor.shared.loop.sleep(for: .milliseconds(10))
      return LoopActor.shared.loop.now >= deadline
    }
    if isLate { return false }
  }
  return true
}

/// Waits until `condition`, asked on the loop every 2 ms, is true; false when it is not by then.
public func eventually(
  within limit: Duration = .seconds(10), _ condition: @escaping @Sendable @LoopActor () throws -> Bool
) async throws -> Bool {
  try await onLoop("eventually") {
    let loop = LoopActor.shared.loop
    let deadline = loop.now + limit
    while try !condition() {
      if loop.now >= deadline { return false }
      try await loop.sleep(for: .milliseconds(2))
    }
    return true
  }
}
