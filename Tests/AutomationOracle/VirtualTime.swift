// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Leads an engine through a program's moments in a time of its own. Whoever uses it does the effects.
public struct VirtualTime: Sendable {
  public let program: RandomProgram
  /// Milliseconds since the beginning.
  public var now: Int
  /// Moments of the program that have come.
  public var played: Int

  public init(_ program: RandomProgram, now: Int = 0, played: Int = 0) {
    self.program = program
    self.now = now
    self.played = played
  }

  /// What happens next.
  public enum Next: Sendable {
    case event(Engine.Event)
    /// What was not stored is gone.
    case reboot
  }

  public var clocks: Stamp {
    let timeline = Timeline(program.moments.prefix(played))
    let ahead = timeline.spans.last?.clock.ahead ?? 0
    return Stamp(
      wall: Int64(Timeline.origin + now + ahead) * 1_000_000,
      monotonic: start.monotonic + .milliseconds(now - start.at))
  }

  /// Names the last start of the machine.
  public var boot: String { "boot \(start.number)" }

  /// The monotonic clock begins anew with each start of the machine.
  private var start: (number: Int, at: Int, monotonic: Instant) {
    let starts = Timeline(program.moments.prefix(played)).spans.filter(\.clock.isReboot)
    let seconds = UInt64(starts.count == 1 ? 1000 : 5)
    return (starts.count, starts.last?.at ?? 0, Instant(nanoseconds: seconds * 1_000_000_000))
  }

  /// After which it is that time; nil: nothing will happen any more.
  public mutating func next(_ engine: Engine) -> Next? {
    let start = start
    let due = engine.nextDeadline.map {
      max(now, start.at + Int((($0 - start.monotonic).milliseconds).rounded(.up)))
    }
    let moment = played < program.moments.count ? program.moments[played] : nil
    if let due, due <= min(moment?.at ?? .max, program.end) {
      now = due
      return .event(.time)
    }
    guard let moment else { return nil }
    now = moment.at
    played += 1
    switch moment.kind {
    case .trigger(let rule): return .event(.happened(.webhook("w\(rule)")))
    case .clock(let clock): return clock.isReboot ? .reboot : .event(.time)
    }
  }
}
