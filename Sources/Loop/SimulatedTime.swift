// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Time

/// Time that passes only when nothing is left to be done: it jumps to the next timer.
///
/// For simulations: hours go by in seconds, and with everything seeded each run is like the other.
/// The whole process lives in it, logging included. Descriptors work as ever, so both ends of a
/// socket may be part of it. Work of a `BlockingQueue` runs on the loop's thread, after `workTime`.
/// Children and threads of others live in real time and do not belong in here.
public final class SimulatedTime: @unchecked Sendable {
  // SAFETY: touched on the loop's thread only; in a simulation there is no other.

  /// How much later than its deadline the loop comes to the next timer: a busy machine.
  public var lateness: () -> Duration = { .zero }
  /// How long the next work of a `BlockingQueue` takes.
  public var workTime: () -> Duration = { .zero }
  /// Jumps so far.
  public private(set) var jumps: UInt64 = 0

  private let loop = LoopActor.shared.loop

  /// Takes the process out of the kernel's time. Call it on the thread that will run the loop, before
  /// anything else uses it; there is no way back.
  public init(start: Instant = Instant(nanoseconds: 1_000_000_000)) {
    precondition(start > .zero, "simulated time begins after zero")
    cl_simulate_ns(start.nanoseconds)
    loop.bindToCurrentThread()
    LoopActor.assumeIsolated { loop.simulate(self) }
  }

  func jump(to deadline: Instant) {
    jumps &+= 1
    let now = max(loop.now, deadline + lateness())
    cl_simulate_ns(now.nanoseconds)
  }

  func end(ofWorkAfter busyUntil: Instant) -> Instant { max(loop.now, busyUntil) + workTime() }

  func at(_ instant: Instant, _ body: @escaping @Sendable () -> Void) {
    LoopActor.assumeIsolated { _ = loop.at(instant, name: "simulated work") { body() } }
  }
}
