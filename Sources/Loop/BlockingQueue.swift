// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Dispatch
import Posix
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
  /// The queue itself, for Dispatch sources that belong to it (flush timers, coalescing data
  /// sources, child output). Cancel a source before closing its descriptor.
  public let dispatchQueue: DispatchQueue
  private let state = Locked(State())

  public init(_ name: String, backlogMax: Int = 64) {
    self.name = name
    self.backlogMax = backlogMax
    dispatchQueue = DispatchQueue(label: "mtor.\(name)")
  }

  public var depth: Int { state.withLock { $0.depth } }
  public var refusedCount: UInt64 { state.withLock { $0.refused } }

  /// Runs `work` on the queue's thread, after what was submitted before. Any thread.
  /// - Throws: `QueueFull` at once; nothing is queued then.
  public func submit(_ work: @escaping @Sendable () -> Void) throws(QueueFull) {
    try submit { () -> (@Sendable () -> Void)? in
      work()
      return nil
    }
  }

  /// Runs what `work` returns once there is room for the next: who waits for the end may go on at once.
  private func submit(_ work: @escaping @Sendable () -> (@Sendable () -> Void)?) throws(QueueFull) {
    let accepted = state.withLock {
      if $0.depth >= backlogMax {
        $0.refused += 1
        return false
      }
      $0.depth += 1
      return true
    }
    guard accepted else { throw QueueFull(queue: name, backlogMax: backlogMax) }
    let body: @Sendable () -> Void = {
      Self.busy.withLock { $0[ObjectIdentifier(self)] = Busy(queue: self.name, since: Self.now) }
      let conclude = work()
      _ = Self.busy.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) }
      self.state.withLock { $0.depth -= 1 }
      conclude?()
    }
    guard let simulation = LoopActor.shared.loop.simulation else { return dispatchQueue.async(execute: body) }
    let begin = state.withLock {
      $0.busyUntil = simulation.end(ofWorkAfter: $0.busyUntil)
      return $0.busyUntil
    }
    simulation.at(begin, body)
  }

  /// The queues of this process that have been at one piece of work for `limit` or longer. Any thread.
  public static func stuck(for limit: Duration) -> [String] {
    let now = now
    return busy.withLock { $0.values.filter { now - $0.since >= limit }.map(\.queue).sorted() }
  }

  /// The queues that work now.
  private static let busy = Locked<[ObjectIdentifier: Busy]>([:])
  private static var now: Instant { Instant(nanoseconds: cl_monotonic_ns()) }

  private struct Busy {
    let queue: String
    let since: Instant
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
