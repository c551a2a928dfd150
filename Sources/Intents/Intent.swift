// SPDX-License-Identifier: Apache-2.0
import Time

/// One typed, self-contained request: everything a worker needs to serve it is inside.
public struct Intent: Sendable, Equatable {
  /// Where a request comes from.
  public enum Origin: String, Sendable, Codable, CaseIterable { case device, user, rule, api, peer }

  /// What goes first. Raw values are the words of every wire; lower ones wait, but never for good.
  public enum Priority: String, Sendable, Codable, CaseIterable { case low, normal, high, urgent }

  /// Names the intent in events, logs and `mtor why`; unique among those under way.
  public var id: String
  /// `$SPEECH`, `$COMMAND`, …: which kind of worker serves it.
  public var realm: String
  public var payload: Payload
  /// A model, a worker or a pool by its name. One that the realm does not know is no obstacle: any
  /// worker of the realm serves then.
  public var model: String?
  /// Absolute; the intent ends exactly once, at the latest here.
  public var deadline: Instant
  public var priority: Priority
  public var origin: Origin
  /// Who is served: the share of a realm's workers is his.
  public var user: String?
  /// Doing it twice does no harm: it may be asked of a second worker while the first is still at it.
  public var isIdempotent: Bool
  /// The intent of which this is a step.
  public var parent: String?
  /// The nodes that it has come through, the one that asked us last: none is asked twice.
  public var via: [String] = []

  public init(
    id: String, realm: String, payload: Payload, model: String? = nil, deadline: Instant,
    priority: Priority = .normal, origin: Origin, user: String? = nil, isIdempotent: Bool = false,
    parent: String? = nil
  ) {
    self.id = id
    self.realm = realm
    self.payload = payload
    self.model = model
    self.deadline = deadline
    self.priority = priority
    self.origin = origin
    self.user = user
    self.isIdempotent = isIdempotent
    self.parent = parent
  }
}

extension Intent.Priority: Comparable {
  /// 0 for `low` … 3 for `urgent`.
  var level: Int {
    switch self {
    case .low: 0
    case .normal: 1
    case .high: 2
    case .urgent: 3
    }
  }

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.level < rhs.level }
}
