// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Dispatch
import Posix
import Synchronization
import Time

/// Work was refused because a queue's backlog is full.
public struct QueueFull: Error, Equatable, CustomStringConvertible {
  public let queue: String
  public let backlogMax: Int

  public init(queue: String, backlogMax: Int) {
    self.queue = queue
    self.backlogMax = backlogMax
  }

  public var description: String { "queue '\(queue)' is full (\(backlogMax) waiting)" }
}

/// A named serial Dispatch queue with a bounded backlog, for work that may block: files, name
/// lookups, decoders. Its thread exists only while there is work. Results come back to the loop.
public final class BlockingQueue: Sendable {
  public let name: String
  /// Work waiting or running at most; more is refused.
  public let backlogMax: Int
  /// The queue itself, for Dispatch sources that belong to it (flush timers, coalescing data sources, child
  /// output). They wait while its thread stays awake for a piece of work. Cancel a source before closing its
  /// descriptor.
  public let dispatchQueue: DispatchQueue
  private let state = Locked(State())
  private let activity: Activity
  /// Pieces given to Dispatch, and begun by its thread.
  private let given = Atomic<UInt64>(0)
  private let begun = Atomic<UInt64>(0)

  public init(_ name: String, backlogMax: Int = 64) {
    self.name = name
    self.backlogMax = backlogMax
    dispatchQueue = DispatchQueue(label: "mtor.\(name)")
    let activity = Activity(queue: name)
    self.activity = activity
    Self.activities.withLock { $0[ObjectIdentifier(activity)] = activity }
  }

  deinit { _ = Self.activities.withLock { $0.removeValue(forKey: ObjectIdentifier(activity)) } }

  public var depth: Int { state.withLock { $0.depth } }
  public var refusedCount: UInt64 { state.withLock { $0.refused } }

  /// Runs `work` on the queue's thread, after what was submitted before. Any thread.
  /// - Parameter linger: after it the thread stays awake so long for the next piece, since to wake it up takes
  ///   about as long as a short one. Without effect where threads cannot run at once.
  /// - Throws: `QueueFull` at once; nothing is queued then.
  public func submit(
    linger: Duration = .zero, _ work: @escaping @Sendable () -> Void
  ) throws(QueueFull) {
    try submit(linger: linger) { () -> (@Sendable () -> Void)? in
      work()
      return nil
    }
  }

  /// Runs what `work` returns once there is room for the next: who waits for the end may go on at once.
  private func submit(
    linger: Duration = .zero, _ work: @escaping @Sendable () -> (@Sendable () -> Void)?
  ) throws(QueueFull) {
    let accepted = state.withLock {
      if $0.depth >= backlogMax {
        $0.refused += 1
        return false
      }
      $0.depth += 1
      return true
    }
    guard accepted else { throw QueueFull(queue: name, backlogMax: backlogMax) }
    let simulation = LoopActor.shared.loop.simulation
    // Simulated time stands still as long as a thread looks at it.
    let lingers = linger > .zero && simulation == nil && EventLoop.hasSeveralProcessors
    let body: @Sendable () -> Void = {
      self.begun.wrappingAdd(1, ordering: .relaxed)
      self.activity.since.store(cl_monotonic_ns(), ordering: .relaxed)
      let conclude = work()
      self.activity.since.store(0, ordering: .relaxed)
      self.state.withLock { $0.depth -= 1 }
      conclude?()
      if lingers { self.awaitMore(for: linger) }
    }
    guard let simulation else {
      dispatchQueue.async(execute: body)
      given.wrappingAdd(1, ordering: .relaxed)
      return
    }
    let begin = state.withLock {
      $0.busyUntil = simulation.end(ofWorkAfter: $0.busyUntil)
      return $0.busyUntil
    }
    simulation.at(begin, body)
  }

  /// On the queue's thread: returns when Dispatch has the next piece, or after `limit`; at once when the loop
  /// is on the same processor, where each of them would keep the other from working.
  private func awaitMore(for limit: Duration) {
    let loop = LoopActor.shared.loop
    let processor = cl_processor()
    if processor >= 0, loop.lastProcessor.load(ordering: .relaxed) == processor {
      return loop.execute { loop.leave(processor) }
    }
    let end = Instant(nanoseconds: cl_monotonic_ns()) + limit
    while given.load(ordering: .relaxed) <= begun.load(ordering: .relaxed) {
      if Instant(nanoseconds: cl_monotonic_ns()) >= end { return }
      cl_relax()
    }
  }

  /// The queues of this process that have been at one piece of work for `limit` or longer. Any thread.
  public static func stuck(for limit: Duration) -> [String] {
    let now = Instant(nanoseconds: cl_monotonic_ns())
    return activities.withLock { all in
      all.values.filter { activity in
        let since = activity.since.load(ordering: .relaxed)
        return since > 0 && now - Instant(nanoseconds: since) >= limit
      }.map(\.queue).sorted()
    }
  }

  /// Of all queues that there are.
  private static let activities = Locked<[ObjectIdentifier: Activity]>([:])

  private final class Activity: Sendable {
    let queue: String
    /// When its present piece of work began, in nanoseconds of the monotonic clock; 0: it has none.
    let since = Atomic<UInt64>(0)

    init(queue: String) { self.queue = queue }
  }

  /// Runs `work` on the queue's thread while the calling task waits on the loop.
  ///
  /// Work that has begun is not interrupted: past the deadline its result is dropped.
  /// - Throws: what `work` throws; `QueueFull`; `DeadlineExceeded`; `CancellationError`.
  @LoopActor public func run<Success: Sendable>(
    _ what: String, until deadline: Instant? = nil, _ work: @escaping @Sendable () throws -> Success
  ) async throws -> Success {
    let loop = LoopActor.shared.loop
    return try await loop.wait(on: "\(name): \(what)", until: deadline) { (waiter: Waiter<Success>) in
      do throws(QueueFull) {
        try submit {
          let result = Result { try work() }
          return {
            loop.execute {
              switch result {
              case .success(let value): waiter.resume(returning: value)
              case .failure(let error): waiter.resume(throwing: error)
              }
            }
          }
        }
      } catch { waiter.resume(throwing: error) }
    }
  }

  private struct State {
    var depth = 0
    var refused: UInt64 = 0
    /// Simulated work ends then.
    var busyUntil = Instant.zero
  }
}
