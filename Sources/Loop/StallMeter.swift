// SPDX-License-Identifier: Apache-2.0
import Time

/// How long handlers hold the loop: a histogram, the longest one, and a report of each that was
/// far too long. Times are wall time on the loop's thread, so a preempted handler counts too.
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

  /// Handlers per bucket; `bounds.count + 1` values.
  public var counts: [UInt64] { [shortCount] + longCounts }

  /// Enters a handler of the first bucket, which nearly all are; false when it was longer.
  mutating func isShort(_ nanoseconds: UInt64) -> Bool {
    if nanoseconds > 100_000 { return false }
    shortCount &+= 1
    return true
  }

  /// Enters a handler of the other buckets; true when it should be reported.
  mutating func record(_ nanoseconds: UInt64, _ name: String) -> Bool {
    let duration = Duration.nanoseconds(Int64(clamping: nanoseconds))
    // By hand: `firstIndex` allocates in a debug build, where tests count allocations.
    var bucket = 0
    while bucket < Self.bounds.count, duration > Self.bounds[bucket] { bucket += 1 }
    longCounts[max(0, bucket - 1)] &+= 1
    if duration > longest.duration { longest = (name, duration) }
    return duration > reportAbove
  }
}
