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
    instant.advanced(byNanoseconds: duration.nanoseconds)
  }

  /// The same without `Duration`, whose 128-bit arithmetic is felt where it is done for each frame.
  public func advanced(byNanoseconds delta: Int64) -> Instant {
    if self == .distantFuture { return self }
    let (sum, overflow) =
      delta >= 0
      ? nanoseconds.addingReportingOverflow(UInt64(delta))
      : nanoseconds.subtractingReportingOverflow(delta.magnitude)
    return Instant(nanoseconds: overflow ? (delta >= 0 ? .max : 0) : sum)
  }

  public static func - (instant: Instant, duration: Duration) -> Instant {
    instant + Duration(nanoseconds: -duration.nanoseconds)
  }

  /// The time from `start` to `end`; negative when `end` is earlier.
  public static func - (end: Instant, start: Instant) -> Duration {
    Duration(nanoseconds: end.nanoseconds(since: start))
  }

  /// The same without `Duration`.
  public func nanoseconds(since start: Instant) -> Int64 {
    self >= start
      ? Int64(clamping: nanoseconds - start.nanoseconds) : -Int64(clamping: start.nanoseconds - nanoseconds)
  }
}

extension Instant: Comparable {
  public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.nanoseconds < rhs.nanoseconds }
}
