// SPDX-License-Identifier: Apache-2.0
import CFaults
import Glibc
import Loop
import Posix
import TestSupport
import Time

/// How long the machine kept the loop's thread from running although it wanted to: its time on the run
/// queue, as the kernel counts it, and how late a second thread woke up, since a hypervisor takes a
/// processor away without the kernel's knowledge. Begin it on the loop's thread.
final class Starvation: Sendable {
  private struct Sample {
    var at: Instant
    var runDelay: UInt64
    /// How late the sampling thread itself was.
    var late: Duration
  }

  private static let interval: UInt64 = 5_000_000
  private static let samplesMax = 8192

  private let schedule: Int32
  private let samples = Locked<[Sample]>([])
  private let next = Locked(0)

  init() {
    schedule = cf_open_run_delay(CF_THIS_THREAD)
    samples.withLock { $0.reserveCapacity(Self.samplesMax) }
    _ = DetachedThread { [self] in sample() }
  }

  /// How long the loop's thread has ever waited for a processor.
  var total: Duration { Duration(nanoseconds: Int64(cf_run_delay(schedule))) }

  /// Between `start` and now. On the loop.
  func since(_ start: Instant) -> Duration {
    let now = LoopActor.shared.loop.now
    let runDelay = cf_run_delay(schedule)
    return samples.withLock { samples in
      let before = samples.filter { $0.at <= start }.max { $0.at < $1.at }
      let waited = Duration(nanoseconds: Int64(runDelay - min(runDelay, before?.runDelay ?? runDelay)))
      let during = samples.filter { $0.at >= start }.map(\.late).max() ?? .zero
      let last = samples.map(\.at).max() ?? now
      let overdue = now - last - Duration(nanoseconds: Int64(Self.interval))
      return max(waited, max(during, overdue))
    }
  }

  private func sample() {
    var due = Self.now
    var index = 0
    while true {
      due += Self.interval
      var until = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nil)
      let now = Self.now
      let late = Duration(nanoseconds: Int64(now - min(now, due)))
      let sample = Sample(at: Instant(nanoseconds: now), runDelay: cf_run_delay(schedule), late: late)
      samples.withLock { samples in
        if samples.count < Self.samplesMax { samples.append(sample) } else { samples[index] = sample }
      }
      index = (index + 1) % Self.samplesMax
      due = max(due, now - min(now, Self.interval))
    }
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
