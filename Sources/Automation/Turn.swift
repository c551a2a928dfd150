// SPDX-License-Identifier: Apache-2.0
import JSON

/// What the engine decided: facts and checkpoints for one commit, and effects.
public struct Turn: Sendable, Equatable {
  public enum Action: Sendable, Equatable {
    /// Do it and report it by `stepEnded`.
    case perform(Effect)
    /// Not reported in time, or not wanted any more: stop it if it still goes on.
    case abandon(StepID, rule: String, Step)
    /// A trigger that starts nothing, and why.
    case refused(rule: String, reason: String)
    case started(rule: String, run: UInt64)
    /// Over, or waiting for somebody after a failure.
    case ended(rule: String, run: UInt64, failure: String?)
  }

  /// A step to be done now; its texts are filled in.
  public struct Effect: Sendable, Equatable {
    public var step: Step
    public var id: StepID
    public var rule: String
    /// Not before the turn's facts and checkpoints are stored, or could not be.
    public var isAfterCommit: Bool
  }

  /// A row for the journal.
  public struct Fact: Sendable, Equatable {
    public var kind: String
    public var body: JSONObject
    /// Committed before the effects that follow; else soon.
    public var isDurable: Bool
  }

  public struct Checkpoint: Sendable, Equatable {
    public var key: String
    /// Nil: none any more.
    public var body: JSONObject?

    public init(key: String, body: JSONObject?) {
      self.key = key
      self.body = body
    }
  }

  public var actions: [Action] = []
  public var facts: [Fact] = []
  public var checkpoints: [Checkpoint] = []

  public init() {}
}

/// A run for people.
public struct RunReport: Sendable, Equatable {
  public var run: UInt64
  public var rule: String
  /// `queued`, `running`, `waiting`, `failed`.
  public var state: String
  /// What it waits for, does, or why it failed.
  public var on: String
  /// Nanoseconds since 1970.
  public var since: Int64
  /// Nanoseconds from now.
  public var left: Int64?
  public var isDurable: Bool
}
