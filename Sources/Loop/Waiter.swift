// SPDX-License-Identifier: Apache-2.0
import Time

/// A wait went past its deadline; `what` is the text given to `EventLoop.wait(on:)`.
public struct DeadlineExceeded: Error, Equatable, CustomStringConvertible {
  public let what: String
  public init(_ what: String) { self.what = what }
  public var description: String { "deadline exceeded while waiting for \(what)" }
}

/// The other end of a wait: whoever has the answer calls `resume` here. The first call counts,
/// later ones are ignored, so an answer that comes after the deadline does no harm.
@LoopActor public final class Waiter<Success: Sendable> {
  private var continuation: UnsafeContinuation<Success, any Error>?
  private var cleanup: (@LoopActor () -> Void)?
  var timer: TimerToken?
  var token: WatchToken?

  nonisolated init() {}

  public var isWaiting: Bool { continuation != nil }

  /// Sets what to undo when the wait ends without an answer (deadline or cancellation).
  public func onAbandon(_ cleanup: @escaping @LoopActor () -> Void) { self.cleanup = cleanup }

  public func resume(returning value: Success) { end { $0.resume(returning: value) } }
  public func resume(throwing error: any Error) { end { $0.resume(throwing: error) } }

  func begin(_ continuation: UnsafeContinuation<Success, any Error>) { self.continuation = continuation }

  func abandon(_ error: any Error) {
    guard isWaiting else { return }
    let undo = cleanup
    resume(throwing: error)
    undo?()
  }

  private func end(_ how: (UnsafeContinuation<Success, any Error>) -> Void) {
    guard let continuation else { return }
    self.continuation = nil
    cleanup = nil
    if let timer { LoopActor.shared.loop.cancel(timer) }
    if let token { LoopActor.shared.loop.unwatch(token) }
    how(continuation)
  }
}

extension EventLoop {
  /// Suspends the current task until `start`'s waiter is resumed.
  ///
  /// - Parameters:
  ///   - what: shown by `mtor tasks` and in the error.
  ///   - deadline: absolute; nil waits for ever.
  ///   - start: called at once; hands the waiter to whoever will answer.
  /// - Throws: what the waiter is resumed with; `DeadlineExceeded`; `CancellationError`.
  @LoopActor public func wait<Success: Sendable>(
    on what: String, until deadline: Instant? = nil, _ start: @LoopActor (Waiter<Success>) -> Void
  ) async throws -> Success {
    let waiter = Waiter<Success>()
    let task = LoopTask.current
    task?.state = .waiting(on: what, since: now, deadline: deadline)
    defer { task?.state = .running }
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        waiter.begin(continuation)
        if Task.isCancelled { return waiter.abandon(CancellationError()) }
        if let deadline {
          waiter.timer = at(deadline, name: "deadline") { waiter.abandon(DeadlineExceeded(what)) }
        }
        start(waiter)
      }
    } onCancel: {
      self.execute { waiter.abandon(CancellationError()) }
    }
  }

  /// Suspends the current task until `deadline`.
  /// - Throws: `CancellationError` at once when the task is cancelled.
  @LoopActor public func sleep(until deadline: Instant) async throws {
    try await wait(on: "timer") { (waiter: Waiter<Void>) in
      let timer = at(deadline, name: "sleep") { waiter.resume(returning: ()) }
      waiter.onAbandon { self.cancel(timer) }
    }
  }

  /// Suspends the current task for `duration`.
  @LoopActor public func sleep(for duration: Duration) async throws {
    try await sleep(until: now + duration)
  }
}
