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

  /// Handlers per bucket; `bounds.count + 1` values.
  public private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
  public private(set) var longest: (name: String, duration: Duration) = ("none", .zero)
  /// A handler that holds the loop longer than this is reported.
  public var reportAbove: UInt64 = 20_000_000

  private static let boundsNanoseconds = bounds.map { UInt64($0.nanoseconds) }
  private var longestNanoseconds: UInt64 = 0

  /// Enters one handler's time; true when it should be reported.
  mutating func record(_ nanoseconds: UInt64, _ name: StaticString) -> Bool {
    if nanoseconds <= 100_000 {
      counts[0] += 1
      return false
    }
    let bucket = Self.boundsNanoseconds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count
    counts[bucket] += 1
    if nanoseconds > longestNanoseconds {
      longestNanoseconds = nanoseconds
      longest = ("\(name)", .nanoseconds(Int64(clamping: nanoseconds)))
    }
    return nanoseconds > reportAbove
  }
}
