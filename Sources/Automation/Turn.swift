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
    public let kind: String
    /// Committed before the effects that follow; else soon.
    public let isDurable: Bool
    let content: Content

    /// What each run tells is put into words when it is asked for: after the effects, which wait for nothing.
    enum Content: Sendable, Equatable {
      case body(JSONObject)
      case started(rule: String, run: UInt64, trigger: String, event: JSONObject, caller: UInt64?)
      case ended(rule: String, run: UInt64, failure: String?, steps: [String])
    }

    public var body: JSONObject {
      switch content {
      case .body(let body): return body
      case .started(let rule, let run, let trigger, var event, let caller):
        var body = Self.body(rule, run)
        body["trigger"] = .string(trigger)
        event["trigger"] = nil
        if !event.isEmpty { body["event"] = .object(event) }
        body["caller"] = caller.map { .integer(Int64(clamping: $0)) }
        return body
      case .ended(let rule, let run, let failure, let steps):
        var body = Self.body(rule, run)
        body["failure"] = failure.map { .string($0) }
        if !steps.isEmpty { body["steps"] = .array(steps.map { .string($0) }) }
        return body
      }
    }

    /// What each row of a run has.
    static func body(_ rule: String, _ run: UInt64) -> JSONObject {
      ["rule": .string(rule), "run": .integer(Int64(clamping: run))]
    }
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
