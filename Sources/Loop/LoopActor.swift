// SPDX-License-Identifier: Apache-2.0

/// The one isolation of everything that owns a descriptor, a timer or a state machine: one thread,
/// one epoll. Its executor is the loop itself, so a resumed task costs no trip through a thread pool.
@globalActor public actor LoopActor {
  public static let shared = LoopActor()
  public nonisolated let loop = EventLoop()

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  /// Runs `operation` as isolated code from a place the compiler cannot prove to be on the loop:
  /// a C callback. Stops the program when called on another thread.
  public static func assumeIsolated<Result>(
    _ operation: @LoopActor () throws -> Result
  ) rethrows -> Result {
    precondition(shared.loop.isOnLoopThread, "not on the loop's thread")
    return try withoutActuallyEscaping(operation) { (isolated: @escaping @LoopActor () throws -> Result) in
      // SAFETY: same function type but for the isolation, which the line above has checked.
      try unsafeBitCast(isolated, to: (() throws -> Result).self)()
    }
  }

  /// Starts a task on the loop, listed under `name` in `mtor tasks` until it ends.
  ///
  /// The only way to start one: a plain `Task {}` lacks the executor preference, and each of its
  /// resumptions would pass through the global pool first (7 µs and three threads, not 0.4 µs).
  @discardableResult
  public nonisolated static func spawn<Success: Sendable>(
    _ name: String, _ operation: @escaping @Sendable @LoopActor () async throws -> Success
  ) -> Task<Success, any Error> {
    let cancellation = TaskCancellation()
    let body: @Sendable @LoopActor () async throws -> Success = {
      let task = shared.loop.tasks.begin(name, cancellation)
      defer { shared.loop.tasks.end(task) }
      return try await LoopTask.$current.withValue(task) { try await operation() }
    }
    let task = Task(executorPreference: shared.loop, operation: body)
    cancellation.arm { task.cancel() }
    return task
  }
}
