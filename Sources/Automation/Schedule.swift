// SPDX-License-Identifier: Apache-2.0
import Time

/// Moments that the clock alone brings, the same ones whenever the program starts.
public enum Schedule: Sendable, Equatable {
  case time(CronPattern)
  case sun(Sun.Event, offset: Duration, Sun)
  /// Counted from 1970, UTC, so that a restart changes nothing.
  case every(Duration)

  public static let everyMin = Duration.seconds(1)

  var isInterval: Bool { if case .every = self { true } else { false } }

  /// The first moment after an instant; both in nanoseconds since 1970. Nil: there is none.
  public func next(after wall: Int64, in zone: TimeZone) -> Int64? {
    switch self {
    case .every(let interval):
      let step = max(interval, Self.everyMin).nanoseconds
      return (wall.floorDivided(by: step) + 1) * step
    case .time(let pattern):
      return pattern.next(after: Self.seconds(wall), in: zone).map { $0 * 1_000_000_000 }
    case .sun(let event, let offset, let sun):
      let shift = offset.nanoseconds
      return sun.next(event, after: Self.seconds(wall - shift)).map { $0 * 1_000_000_000 + shift }
    }
  }

  private static func seconds(_ wall: Int64) -> Int64 { wall.floorDivided(by: 1_000_000_000) }
}
