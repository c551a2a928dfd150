// SPDX-License-Identifier: Apache-2.0

/// What the loop has done and holds, for `mtor status` and the metrics.
public struct LoopMetrics: Sendable, Equatable {
  /// Returns from waiting for the kernel. An idle loop does not count up.
  public internal(set) var wakeUps: UInt64 = 0
  /// Turns that followed each other without sleep, although there was nothing to do: see `attend`.
  public internal(set) var attentiveTurns: UInt64 = 0
  public internal(set) var eventsHandled: UInt64 = 0
  public internal(set) var timersFired: UInt64 = 0
  public internal(set) var timersWaiting = 0
  public internal(set) var descriptorsWatched = 0
  public internal(set) var tasksAlive = 0
  /// The most calls and jobs of other threads that ever waited for the loop at once.
  public internal(set) var inboxDepthMax = 0
}

extension EventLoop {
  /// A snapshot. How long handlers take is in `stalls`.
  @LoopActor public var metrics: LoopMetrics {
    var metrics = counters
    metrics.timersWaiting = timers.count
    metrics.tasksAlive = tasks.count
    metrics.inboxDepthMax = inbox.depthMax
    return metrics
  }
}
