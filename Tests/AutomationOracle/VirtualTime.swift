// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Leads an engine through a program's moments in a time of its own. Whoever uses it does the effects.
public struct VirtualTime: Sendable {
  public static let origin = Stamp(
    wall: 1_795_000_000_000_000_000, monotonic: Instant(nanoseconds: 1_000_000_000_000))

  /// Milliseconds since the beginning.
  public var now: Int
  /// Moments of the program that have come.
  public var played: Int

  public init(now: Int = 0, played: Int = 0) {
    self.now = now
    self.played = played
  }

  public var clocks: Stamp {
    Stamp(
      wall: Self.origin.wall + Int64(now) * 1_000_000,
      monotonic: Self.origin.monotonic + .milliseconds(now))
  }

  /// The next thing to happen, after which it is that time; nil: nothing will happen any more.
  public mutating func next(_ program: RandomProgram, _ engine: Engine) -> Engine.Event? {
    let due = engine.nextDeadline.map {
      max(now, Int((($0 - Self.origin.monotonic).milliseconds).rounded(.up)))
    }
    let moment = played < program.moments.count ? program.moments[played] : nil
    if let due, due <= moment?.at ?? .max {
      now = due
      return .time
    }
    guard let moment else { return nil }
    now = moment.at
    played += 1
    return .happened(.webhook("w\(moment.rule)"))
  }
}
