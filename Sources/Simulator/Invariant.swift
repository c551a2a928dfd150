// SPDX-License-Identifier: Apache-2.0
import Configuration
import Time

/// Something that holds in every world, whatever happens in it. A pure machine: it sees each event
/// and judges; it knows nothing of how the world is made.
public protocol Invariant {
  /// One word, for the table and the failure's text.
  static var name: String { get }
  init(_ facts: Facts)
  /// Enters what follows from `event` by `findings.check`.
  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings)
}

/// Every invariant there is: a module's is one line here.
public enum Invariants {
  public static var all: [any Invariant.Type] {
    [
      LoopInvariant.self,
      GestureInvariant.self,
      OutputInvariant.self,
      VoiceInvariant.self,
      SpeakerInvariant.self,
      RuleInvariant.self,
      AutomationInvariant.self,
      ControlInvariant.self,
      StoreInvariant.self,
      LogInvariant.self,
      LimitInvariant.self,
    ]
  }
}

/// What invariants know of their world.
public struct Facts: Sendable {
  public var settings: Settings
  /// The loop comes to no timer later than that.
  public var latenessMax: Duration

  public init(settings: Settings, latenessMax: Duration) {
    self.settings = settings
    self.latenessMax = latenessMax
  }
}

/// What an invariant has found.
public struct Findings: Sendable {
  /// How often it has judged: one that never did proves nothing.
  public private(set) var checks = 0
  public private(set) var broken: [String] = []

  public init() {}

  public mutating func check(_ holds: Bool, _ text: @autoclosure () -> String) {
    checks += 1
    if !holds { broken.append(text()) }
  }
}
