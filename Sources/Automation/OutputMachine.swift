// SPDX-License-Identifier: Apache-2.0
import Time

/// What one output does over time: steady, a pulse, a blink, a pattern.
///
/// Each command ends the one before it. A pulse or blink returns to the steady level that was set
/// before it; a pattern runs until the next command.
public struct OutputMachine: Sendable {
  public enum Command: Sendable, Equatable {
    case set(Bool)
    case toggle
    /// On for so long.
    case pulse(Duration)
    /// `count` times on and off; 0: until the next command.
    case blink(on: Duration, off: Duration, count: Int)
    case pattern(LinePattern)
  }

  /// Shortest time between two changes; shorter blinks are slowed to it.
  public static let shortestStep = Duration.milliseconds(1)
  /// One turn of the pulse width modulation that stands in for brightness on a plain line.
  static let modulationPeriod = Duration.milliseconds(10)

  private enum Course {
    case steady
    case pulse
    case blink(on: Duration, off: Duration, left: Int)
    case pattern([(percent: Int, duration: Duration)], index: Int, until: Instant)
  }

  /// The line takes a brightness (an LED of the kernel); else patterns are modulated.
  private let hasBrightness: Bool
  private var course = Course.steady
  /// The level set last, to which pulses and blinks return.
  public private(set) var isSteadyOn: Bool
  /// What the line is to show now, 0…100.
  public private(set) var percent: Int
  public private(set) var nextDeadline: Instant?

  public init(isOn: Bool, hasBrightness: Bool = false) {
    self.hasBrightness = hasBrightness
    isSteadyOn = isOn
    percent = isOn ? 100 : 0
  }

  /// Something other than a steady level is going on.
  public var isBusy: Bool { nextDeadline != nil }

  /// - Returns: the percent to show now; always told, so that a line set twice is written twice.
  public mutating func handle(_ command: Command, at now: Instant) -> Int {
    switch command {
    case .set(let on): hold(on)
    case .toggle: hold(!isSteadyOn)
    case .pulse(let duration):
      course = .pulse
      show(100, for: duration, now)
    case .blink(let on, let off, let count):
      course = .blink(on: on, off: off, left: count == 0 ? .max : count)
      show(100, for: on, now)
    case .pattern(let pattern):
      let steps = pattern.steps
      course = .pattern(steps, index: 0, until: now + steps[0].duration)
      showPattern(now)
    }
    return percent
  }

  /// Time has passed; call at `nextDeadline` or later.
  ///
  /// - Returns: the percent to show from now on, or nil when it has not changed.
  public mutating func advance(to now: Instant) -> Int? {
    guard let deadline = nextDeadline, deadline <= now else { return nil }
    let before = percent
    switch course {
    case .steady: nextDeadline = nil
    case .pulse: hold(isSteadyOn)
    case .blink(let on, let off, let left): blink(on, off, left, now)
    case .pattern(let steps, let index, let until):
      if now >= until { nextStep(steps, index, now) }
      showPattern(now)
    }
    return percent == before ? nil : percent
  }

  private mutating func hold(_ on: Bool) {
    isSteadyOn = on
    percent = on ? 100 : 0
    course = .steady
    nextDeadline = nil
  }

  private mutating func show(_ percent: Int, for duration: Duration, _ now: Instant) {
    self.percent = percent
    nextDeadline = now + max(duration, Self.shortestStep)
  }

  private mutating func blink(_ on: Duration, _ off: Duration, _ left: Int, _ now: Instant) {
    if percent > 0 {
      course = .blink(on: on, off: off, left: left == .max ? left : left - 1)
      // The last dark phase is the return to the steady level.
      if left == 1 { hold(isSteadyOn) } else { show(0, for: off, now) }
    } else {
      show(100, for: on, now)
    }
  }

  private mutating func nextStep(
    _ steps: [(percent: Int, duration: Duration)], _ index: Int, _ now: Instant
  ) {
    let next = (index + 1) % steps.count
    course = .pattern(steps, index: next, until: now + steps[next].duration)
  }

  private mutating func showPattern(_ now: Instant) {
    guard case .pattern(let steps, let index, let until) = course else { return }
    let wanted = steps[index].percent
    if hasBrightness || wanted == 0 || wanted == 100 {
      percent = wanted
      nextDeadline = until
      return
    }
    // On for the wanted part of each period, off for the rest.
    let lit = percent == 0
    let part = Self.modulationPeriod * (lit ? wanted : 100 - wanted) / 100
    percent = lit ? 100 : 0
    nextDeadline = min(until, now + max(part, Self.shortestStep))
  }
}
