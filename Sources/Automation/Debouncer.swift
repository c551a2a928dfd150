// SPDX-License-Identifier: Apache-2.0
import Time

/// Debounces one line in software, where the kernel cannot (libgpiod 1).
///
/// A change is reported at once, then the line is left alone for the period; when it is over and
/// the line has settled elsewhere, that level is reported too. So a press is never eaten and never
/// late, and two reports are at least a period apart.
public struct Debouncer: Sendable {
  private let period: Duration
  /// The level last reported.
  private var reported: Bool
  private var raw: Bool
  private var quietUntil: Instant?

  public init(period: Duration, isActive: Bool) {
    self.period = period
    reported = isActive
    raw = isActive
  }

  /// When `settle` is to be called; nil when nothing is pending.
  public var nextDeadline: Instant? { raw != reported ? quietUntil : nil }

  /// A raw edge. True: report the level `isActive` now.
  public mutating func edge(_ isActive: Bool, at now: Instant) -> Bool {
    raw = isActive
    if let quietUntil, now < quietUntil { return false }
    return report(at: now)
  }

  /// The deadline has come. The level to report, if it is another than the last.
  public mutating func settle(at now: Instant) -> Bool? {
    guard let quietUntil, now >= quietUntil else { return nil }
    return report(at: now) ? reported : nil
  }

  private mutating func report(at now: Instant) -> Bool {
    guard raw != reported else { return false }
    reported = raw
    quietUntil = period > .zero ? now + period : nil
    return true
  }
}
