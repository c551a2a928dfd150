// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Time

/// How long handlers hold the loop: a histogram, the longest one, and a report of each that was
/// far too long. Times are wall time on the loop's thread, so a preempted handler counts too.
///
/// Measured in the processor's ticks: reading the clock for each handler would cost more than
/// dispatching it (docs/decisions/0001-event-loop.md).
public struct StallMeter: Sendable {
  /// Upper bounds of the histogram's buckets; one more bucket takes what is longer than the last.
  public static let bounds: [Duration] = [
    .microseconds(100), .microseconds(500), .milliseconds(1), .milliseconds(5), .milliseconds(20),
    .milliseconds(100), .seconds(1),
  ]

  /// A handler that holds the loop longer than this is reported. Not below 100 µs.
  public var reportAbove = Duration.milliseconds(20)
  public private(set) var longest: (name: String, duration: Duration) = ("none", .zero)
  private var shortCount: UInt64 = 0
  private var longCounts = [UInt64](repeating: 0, count: bounds.count)
  private var rate = TickRate()

  /// Handlers per bucket; `bounds.count + 1` values.
  public var counts: [UInt64] { [shortCount] + longCounts }

  /// In simulated time handlers take none.
  mutating func ignoreDurations() { rate.ignoreDurations() }

  /// Enters a handler of the first bucket, which nearly all are; false when it may be longer.
  mutating func isShort(_ ticks: UInt64) -> Bool {
    if ticks > rate.shortTicks { return false }
    shortCount &+= 1
    return true
  }

  /// Enters any handler; its duration when it should be reported.
  mutating func record(_ ticks: UInt64, _ name: String) -> Duration? {
    let duration = rate.duration(ticks)
    // By hand: `firstIndex` allocates in a debug build, where tests count allocations.
    var bucket = 0
    while bucket < Self.bounds.count, duration > Self.bounds[bucket] { bucket += 1 }
    if bucket == 0 { shortCount &+= 1 } else { longCounts[bucket - 1] &+= 1 }
    if duration > longest.duration { longest = (name, duration) }
    return duration > reportAbove ? duration : nil
  }
}

/// The rate of the processor's counter: found by comparison with the clock over the first
/// milliseconds of the loop's life, and constant from then on.
private struct TickRate: Sendable {
  /// Ticks of the first bucket's bound; 0 until the rate is known, so that each handler is compared
  /// with the clock.
  private(set) var shortTicks: UInt64 = 0
  private var ticksPerNanosecond = 1.0
  private let startTicks = cl_ticks()
  private let start = cl_monotonic_ns()

  mutating func ignoreDurations() { shortTicks = .max }

  mutating func duration(_ ticks: UInt64) -> Duration {
    if shortTicks == 0 { compare() }
    // A counter that went backwards, on another core, is a short time.
    let signed = max(0, Int64(bitPattern: ticks))
    return .nanoseconds(Int64(min(Double(signed) / ticksPerNanosecond, 9e18)))
  }

  private mutating func compare() {
    let elapsed = Double(cl_monotonic_ns() - start)
    guard elapsed > 0 else { return }
    ticksPerNanosecond = max(1e-3, Double(cl_ticks() &- startTicks) / elapsed)
    if elapsed >= 10e6 { shortTicks = UInt64(100e3 * ticksPerNanosecond) }
  }
}
