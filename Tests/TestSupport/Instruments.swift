// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Loop

/// What a piece of work on the loop costs, by counting.
public enum Instruments {
  /// Jobs that the loop's thread sent to Swift's global pool while `workout` ran.
  ///
  /// The other tests of the process share the loop, so the count is the lowest of `attempts`: a
  /// workout that leaves the loop does so each time.
  public static func poolJobs(
    attempts: Int = 20, of workout: @escaping @Sendable @LoopActor () async throws -> Void
  ) async throws -> UInt64 {
    try await lowest(of: attempts, workout) { ci_pool_jobs() }
  }

  /// Allocations on the loop's thread while `workout` ran; the lowest of `attempts`, see above.
  /// 0 under a sanitizer, which does not let them be counted.
  public static func allocations(
    attempts: Int = 20, of workout: @escaping @Sendable @LoopActor () async throws -> Void
  ) async throws -> UInt64 {
    // Awaiting is not free in Swift 6.0: a debug build's frames leave the task's own stack and come back.
    let awaiting = try await lowest(of: attempts, {}) { ci_thread_allocations() }
    let count = try await lowest(of: attempts, workout) { ci_thread_allocations() }
    return count - min(count, awaiting)
  }

  /// False in a debug build, whose code allocates where an optimised one does not.
  public static var isOptimised: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  /// Allocations of the calling thread so far.
  public static var threadAllocations: UInt64 { ci_thread_allocations() }
  public static var allocationsAreCounted: Bool { ci_allocations_are_counted() }
  /// Whether a sanitizer has the process's memory in its hands.
  public static var isSanitized: Bool { !allocationsAreCounted }
  public static var threadCount: Int { Int(ci_thread_count()) }

  /// Calls that can be made to fail.
  public enum Call: Sendable {
    /// Libraries allocate with these, Swift does not. Not under a sanitizer.
    case calloc, realloc
    /// eSpeak NG's.
    case synthesis

    fileprivate var inC: ci_call {
      switch self {
      case .calloc: CI_CALLOC
      case .realloc: CI_REALLOC
      case .synthesis: CI_SYNTHESIS
      }
    }
  }

  /// Runs `body` while calls of the calling thread fail.
  public static func failing<Success, Failure>(
    _ call: Call, _ body: () throws(Failure) -> Success
  ) throws(Failure) -> Success {
    ci_set_failing(call.inC)
    defer { ci_set_failing(CI_NOTHING) }
    return try body()
  }

  private static func lowest(
    of attempts: Int, _ workout: @escaping @Sendable @LoopActor () async throws -> Void,
    _ counter: @escaping @Sendable () -> UInt64
  ) async throws -> UInt64 {
    var lowest = UInt64.max
    for _ in 0..<attempts where lowest > 0 {
      let count = try await onLoop("workout") {
        // The first run lets the task's own stack grow, which it keeps: Swift 6.0 needs more of it.
        try await workout()
        let before = counter()
        try await workout()
        return counter() - before
      }
      lowest = min(lowest, count)
    }
    return lowest
  }
}
