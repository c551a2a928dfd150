// SPDX-License-Identifier: Apache-2.0
import Posix
import Time

/// A flow on the loop as `mtor tasks` shows it: what it is called and what it waits for.
@LoopActor public final class LoopTask {
  /// The record of the task that is running; nil in plain callbacks.
  @TaskLocal public static var current: LoopTask?

  public let id: UInt64
  public let name: String
  public let started: Instant
  public internal(set) var state: State = .running {
    didSet { if state == .running { LoopActor.shared.loop.tasks.lastResumed = name } }
  }
  /// False once its operation has returned or thrown.
  public internal(set) var isAlive = true
  private let cancellation: TaskCancellation

  public enum State: Sendable, Equatable {
    case running
    case waiting(on: String, since: Instant, deadline: Instant?)
  }

  init(id: UInt64, name: String, started: Instant, cancellation: TaskCancellation) {
    self.id = id
    self.name = name
    self.started = started
    self.cancellation = cancellation
  }

  /// Cancels the task: its next wait ends with `CancellationError`.
  public func cancel() { cancellation.cancel() }
}

/// The tasks that have begun and not ended. `@LoopActor` only.
@LoopActor public final class LoopTasks {
  private var living: [UInt64: LoopTask] = [:]
  private var lastID: UInt64 = 0
  /// The task that began or went on last: the one to name when a job took long.
  var lastResumed = "(unnamed)"

  nonisolated init() {}

  public var count: Int { living.count }
  /// Oldest first.
  public var all: [LoopTask] { living.values.sorted { $0.id < $1.id } }

  func begin(_ name: String, _ cancellation: TaskCancellation) -> LoopTask {
    lastID += 1
    let now = LoopActor.shared.loop.now
    let task = LoopTask(id: lastID, name: name, started: now, cancellation: cancellation)
    living[lastID] = task
    lastResumed = name
    return task
  }

  func end(_ task: LoopTask) {
    task.isAlive = false
    living[task.id] = nil
  }
}

/// Cancels a task that may not exist yet: its record is made inside of it.
final class TaskCancellation: Sendable {
  private let state = Locked(State())

  func cancel() {
    let cancel = state.withLock {
      $0.isRequested = true
      return $0.cancel
    }
    cancel?()
  }

  func arm(_ cancel: @escaping @Sendable () -> Void) {
    let isRequested = state.withLock {
      $0.cancel = cancel
      return $0.isRequested
    }
    if isRequested { cancel() }
  }

  private struct State {
    var isRequested = false
    var cancel: (@Sendable () -> Void)?
  }
}
