// SPDX-License-Identifier: Apache-2.0
import Time

/// One typed, self-contained request: everything a worker needs to serve it is inside.
public struct Intent: Sendable, Equatable {
  public enum Origin: String, Sendable, Codable { case device, user, rule, api, peer }

  public var id: String
  /// `$SPEECH`, `$COMMAND`, …: which kind of worker serves it.
  public var realm: String
  public var text: String
  /// Absolute; the intent ends exactly once, at the latest here.
  public var deadline: Instant
  public var origin: Origin

  public init(id: String, realm: String, text: String, deadline: Instant, origin: Origin) {
    self.id = id
    self.realm = realm
    self.text = text
    self.deadline = deadline
    self.origin = origin
  }
}

/// How an intent ended.
public enum Outcome: Sendable, Equatable {
  case completed(text: String)
  case failed(reason: String)
  case rejected(reason: String)
  case expired(stage: String)
}
