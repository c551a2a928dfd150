// SPDX-License-Identifier: Apache-2.0
import Time

/// Turns one input's debounced levels into gestures.
///
/// - **button**: `press` and `release` at once. A press shorter than `holdTime` is a click; clicks
///   with gaps up to `clickGap` belong together and end as exactly one of `click`, `double`,
///   `triple` or `multi` when the gap is over. `hold` comes while the button is still down, and
///   again at each `holdRepeat`; clicks before it are told first. A held press is no click.
/// - **motion**: `press` and `release` as above, `motion` when activity begins, `no_motion` when the
///   line has been inactive for `offDelay`. Activity within the delay prolongs it.
/// - **contact**: `press` and `release` only.
///
/// Nothing was pressed when the program started, so a level found active is no `press`: a button
/// held at start gives `hold` after `holdTime`, then its `release`, and no click. A motion sensor
/// found active gives `motion`: somebody is there.
public struct GestureMachine: Sendable {
  private let settings: LineSettings
  private var isActive = false
  private var isMoving = false
  private var clicks = 0
  /// The press now going on ends as a click.
  private var mayClick = false
  /// The next `hold`, the end of the click gap, or the end of the off-delay.
  public private(set) var nextDeadline: Instant?

  public init(_ settings: LineSettings) { self.settings = settings }

  /// The level read at start, or when a chip that was away came back.
  public mutating func begin(_ level: Bool, at now: Instant) -> Gestures {
    var gestures = advance(to: now)
    if level == isActive { return gestures }
    isActive = level
    mayClick = false
    if level {
      rise(at: now, &gestures)
      mayClick = false
    } else {
      gestures.append(.release)
      fall(at: now)
    }
    return gestures
  }

  /// A debounced edge. The same level twice is nothing.
  public mutating func handle(_ level: Bool, at now: Instant) -> Gestures {
    var gestures = advance(to: now)
    if level == isActive { return gestures }
    isActive = level
    gestures.append(level ? .press : .release)
    if level { rise(at: now, &gestures) } else { fall(at: now) }
    return gestures
  }

  /// Time has passed; call at `nextDeadline` or later.
  public mutating func advance(to now: Instant) -> Gestures {
    var gestures: Gestures = []
    guard let deadline = nextDeadline, deadline <= now else { return gestures }
    nextDeadline = nil
    if settings.kind == .motion {
      isMoving = false
      gestures.append(.noMotion)
      return gestures
    }
    takeClicks(&gestures)
    if isActive {
      gestures.append(.hold)
      mayClick = false
      nextDeadline = repetition(after: deadline, now)
    }
    return gestures
  }

  private mutating func rise(at now: Instant, _ gestures: inout Gestures) {
    switch settings.kind {
    case .contact: break
    case .button:
      mayClick = true
      nextDeadline = now + settings.holdTime
    case .motion:
      nextDeadline = nil
      if !isMoving { gestures.append(.motion) }
      isMoving = true
    }
  }

  private mutating func fall(at now: Instant) {
    switch settings.kind {
    case .contact: break
    case .motion: nextDeadline = now + settings.offDelay
    case .button:
      if mayClick { clicks &+= 1 }
      mayClick = false
      nextDeadline = clicks > 0 ? now + settings.clickGap : nil
    }
  }

  /// After a stall one repeat stands for all that were missed.
  private func repetition(after deadline: Instant, _ now: Instant) -> Instant? {
    guard let interval = settings.holdRepeat, interval > .zero else { return nil }
    return deadline + interval > now ? deadline + interval : now + interval
  }

  /// The clicks that belong together, as one gesture.
  private mutating func takeClicks(_ gestures: inout Gestures) {
    switch clicks {
    case 0: return
    case 1: gestures.append(.click)
    case 2: gestures.append(.double)
    case 3: gestures.append(.triple)
    default: gestures.append(.multi)
    }
    clicks = 0
  }
}
