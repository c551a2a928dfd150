// SPDX-License-Identifier: Apache-2.0
import Time

/// A named course of brightness that repeats until the line is set again.
///
/// Raw values are the configuration's words.
public enum LinePattern: String, Sendable, CaseIterable {
  case breathe, heartbeat, flash, alarm

  /// Percent and how long, in order.
  var steps: [(percent: Int, duration: Duration)] {
    switch self {
    case .breathe: Self.breath
    case .heartbeat:
      [(100, .milliseconds(70)), (0, .milliseconds(130)), (100, .milliseconds(70)), (0, .milliseconds(730))]
    case .flash: [(100, .milliseconds(50)), (0, .milliseconds(1950))]
    case .alarm: [(100, .milliseconds(125)), (0, .milliseconds(125))]
    }
  }

  /// Up and down in three seconds; squared, as the eye sees brightness.
  private static let breath: [(percent: Int, duration: Duration)] = {
    let up = (1...30).map { step in step * step / 9 }
    return (up + up.reversed()).map { ($0, .milliseconds(50)) }
  }()
}
