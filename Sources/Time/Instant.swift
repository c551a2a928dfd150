// SPDX-License-Identifier: Apache-2.0

/// A point on the monotonic clock, in nanoseconds since an arbitrary start (boot).
///
/// Pure machines receive instants as arguments; only `Loop.EventLoop.now` reads the clock.
/// Arithmetic saturates at both ends, so `.distantFuture` stays what it is.
public struct Instant: Sendable, Hashable, Codable {
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let zero = Instant(nanoseconds: 0)
  /// Later than any instant the clock will ever show; a deadline that never comes.
  public static let distantFuture = Instant(nanoseconds: .max)

  public static func + (instant: Instant, duration: Duration) -> Instant {
    let delta = duration.nanoseconds
    if instant == .distantFuture { return instant }
    let (sum, overflow) =
      delta >= 0
      ? instant.nanoseconds.addingReportingOverflow(UInt64(delta))
      : instant.nanoseconds.subtractingReportingOverflow(delta.magnitude)
    return Instant(nanoseconds: overflow ? (delta >= 0 ? .max : 0) : sum)
  }

  public static func - (instant: Instant, duration: Duration) -> Instant {
    instant + Duration(nanoseconds: -duration.nanoseconds)
  }

  /// The time from `start` to `end`; negative when `end` is earlier.
  public static func - (end: Instant, start: Instant) -> Duration {
    end >= start
      ? Duration(nanoseconds: Int64(clamping: end.nanoseconds - start.nanoseconds))
      : Duration(nanoseconds: -Int64(clamping: start.nanoseconds - end.nanoseconds))
  }
}

extension Instant: Comparable {
  public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.nanoseconds < rhs.nanoseconds }
}
