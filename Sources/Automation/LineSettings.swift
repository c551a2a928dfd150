// SPDX-License-Identifier: Apache-2.0
import Time

/// One GPIO line (or LED) as the configuration describes it.
public struct LineSettings: Sendable, Equatable {
  public enum Direction: String, Sendable, CaseIterable { case input, output, led }
  public enum Bias: String, Sendable, CaseIterable {
    case asIs = "as_is"
    case disabled
    case pullUp = "pull_up"
    case pullDown = "pull_down"
  }
  public enum Kind: String, Sendable, CaseIterable { case button, motion, contact }

  /// The name used in automations and logs.
  public var name: String
  public var direction: Direction
  /// Chip label or name (`pinctrl-rp1`, `gpiochip0`); nil takes the board's first.
  public var chip: String?
  /// Line name (`GPIO17`) or offset (`17`); for `led` the name below /sys/class/leds.
  public var line: String
  public var bias: Bias = .asIs
  public var activeLow = false
  /// Input: kernel debounce period where libgpiod is version 2, else the same in software.
  public var debounce: Duration = .milliseconds(5)
  public var kind: Kind = .button
  /// Longest gap between the clicks of a double or triple click.
  public var clickGap: Duration = .milliseconds(350)
  /// A press longer than this is a hold.
  public var holdTime: Duration = .milliseconds(800)
  /// While held, `hold` repeats at this interval; nil: once.
  public var holdRepeat: Duration?
  /// Kind `motion`: `no_motion` this long after the last edge.
  public var offDelay: Duration = .seconds(30)
  /// Output: its state at start, at exit and (where the kernel keeps it) after a crash.
  public var safeOn = false

  public init(name: String, direction: Direction, line: String) {
    self.name = name
    self.direction = direction
    self.line = line
  }
}
