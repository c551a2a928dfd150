// SPDX-License-Identifier: Apache-2.0
import Time

/// One automation: when something happens, do `steps` in order.
public struct Rule: Sendable, Equatable {
  /// What a trigger does while the automation runs already. Raw values are the configuration's words.
  public enum Mode: String, Sendable, CaseIterable {
    /// Refused.
    case single
    /// Ends the run and begins anew.
    case restart
    /// Waits for its turn, up to `max` of them.
    case queued
    /// Runs beside, up to `max` of them.
    case parallel
  }

  /// What becomes of moments of the clock that passed while the program was not there, or that the clock
  /// has jumped over.
  public enum Missed: String, Sendable, CaseIterable {
    case skip
    /// Each one is made up for, `Engine.missedMax` at most.
    case run
    /// One run for all of them.
    case coalesce
  }

  /// What a step that failed does to the rest.
  public enum OnFailure: String, Sendable, CaseIterable {
    case goOn = "go_on"
    /// The run stays as it is until somebody retries or cancels it.
    case stop
  }

  /// At most `count` starts in any time of this length.
  public struct Rate: Sendable, Equatable {
    public var count: Int
    public var time: Duration

    public init(count: Int, time: Duration) {
      self.count = count
      self.time = time
    }
  }

  public var name: String
  public var watches: [Watch]
  /// `if:`
  public var condition: Expression?
  public var steps: [Step]
  public var mode = Mode.single
  public var max = 8
  public var rate: Rate?
  public var missed = Missed.skip
  public var onFailure = OnFailure.goOn
  /// Whether runs survive a restart; nil: those that take time or must not be done twice.
  public var durable: Bool?

  public init(name: String, watches: [Watch], steps: [Step]) {
    self.name = name
    self.watches = watches
    self.steps = steps
  }

  public init(name: String, trigger: Trigger, steps: [Step]) {
    self.init(name: name, watches: [Watch(trigger)], steps: steps)
  }

  /// What counts for `at_most` survives a restart.
  var keepsStarts: Bool { durable != false && rate.map { $0.count <= Engine.startsMax } ?? false }

  public var isDurable: Bool {
    durable
      ?? (mode == .queued || missed != .skip || onFailure == .stop || watches.contains { $0.hold != nil }
        || steps.contains(where: \.wantsDurability))
  }
}
