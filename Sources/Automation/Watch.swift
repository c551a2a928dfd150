// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// One entry of `on:`: what starts an automation, and when exactly.
public struct Watch: Sendable, Equatable {
  public enum Source: Sendable, Equatable {
    case trigger(Trigger)
    case schedule(Schedule)
  }

  /// What makes a value count. Without one, each change does.
  public enum Test: Sendable, Equatable {
    /// As it is shown: `on`, `off`, `down`.
    case equal(String)
    case above(Double)
    case below(Double)
  }

  public var source: Source
  public var test: Test?
  /// A value that counted has to go back by so much before it can count again.
  public var hysteresis = 0.0
  /// `for:` — a value has to stay so for this long; a moment has to be this long ago, with none since.
  public var hold: Duration?
  /// `if:`
  public var condition: Expression?

  public init(_ source: Source, test: Test? = nil, hold: Duration? = nil, condition: Expression? = nil) {
    self.source = source
    self.test = test
    self.hold = hold
    self.condition = condition
  }

  public init(_ trigger: Trigger) { self.init(.trigger(trigger)) }

  public var trigger: Trigger? { if case .trigger(let trigger) = source { trigger } else { nil } }
  public var schedule: Schedule? { if case .schedule(let schedule) = source { schedule } else { nil } }

  /// In a few words, for the journal.
  public var text: String {
    switch source {
    case .trigger(let trigger): trigger.text
    case .schedule(.time(let pattern)): "time \(pattern)"
    case .schedule(.sun(let event, _, _)): event.rawValue
    case .schedule(.every(let interval)): "every \(interval.shown)"
    }
  }

  /// Whether a value counts now; `before`: whether it did.
  func counts(_ value: JSONValue, before: Bool) -> Bool {
    switch test {
    case nil: return true
    case .equal(let text): return value.shown == text
    case .above(let limit):
      guard let number = value.numberValue else { return false }
      return number > (before ? limit - hysteresis : limit)
    case .below(let limit):
      guard let number = value.numberValue else { return false }
      return number < (before ? limit + hysteresis : limit)
    }
  }
}
