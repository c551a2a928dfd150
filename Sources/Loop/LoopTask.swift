// SPDX-License-Identifier: Apache-2.0
import Time

/// A flow on the loop as `mtor tasks` shows it: what it is called and what it waits for.
@LoopActor public final class LoopTask {
  /// The record of the task that is running; nil in plain callbacks.
  @TaskLocal public static var current: LoopTask?

  public let id: UInt64
  public let name: String
  public let started: Instant
  public internal(set) var state: State = .running

  public enum State: Sendable, Equatable {
    case running
    case waiting(on: String, since: Instant, deadline: Instant?)
  }

  init(id: UInt64, name: String, started: Instant) {
    self.id = id
    self.name = name
    self.started = started
  }
}

/// The tasks that have begun and not ended, oldest first. `@LoopActor` only.
@LoopActor public final class LoopTasks {
  private var living: [UInt64: LoopTask] = [:]
  private var lastID: UInt64 = 0

  nonisolated init() {}

  public var all: [LoopTask] { living.values.sorted { $0.id < $1.id } }

  func begin(_ name: String) -> LoopTask {
    lastID += 1
    let task = LoopTask(id: lastID, name: name, started: LoopActor.shared.loop.now)
    living[lastID] = task
    return task
  }

  func end(_ task: LoopTask) { living[task.id] = nil }
}
