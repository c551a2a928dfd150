// SPDX-License-Identifier: Apache-2.0
import Time

/// A kind of work and how its requests are treated. Its workers name it in their profiles.
public struct RealmProfile: Sendable, Equatable {
  /// `$CHAT`; capital letters, digits and `_` after the `$`.
  public var name: String
  /// Requests that may wait; the next one is refused.
  public var queueMax: Int
  /// For requests without a deadline of their own.
  public var budget: Duration
  public var strategy: Strategy
  /// Realms that serve its requests when it is overloaded or has no worker, in this order.
  public var backups: [String]
  public var pools: [PoolProfile]

  public init(
    _ name: String, queueMax: Int = 64, budget: Duration = .seconds(30), strategy: Strategy = .health,
    backups: [String] = [], pools: [PoolProfile] = []
  ) {
    self.name = name
    self.queueMax = queueMax
    self.budget = budget
    self.strategy = strategy
    self.backups = backups
    self.pools = pools
  }
}

/// Some workers of a realm under a name that an intent's `model` may have.
public struct PoolProfile: Sendable, Equatable {
  /// `$CODERS`
  public var name: String
  public var members: [String]
  public var strategy: Strategy
  public var topics: [Topic]

  public init(_ name: String, members: [String], strategy: Strategy = .auto, topics: [Topic] = []) {
    self.name = name
    self.members = members
    self.strategy = strategy
    self.topics = topics
  }
}

/// Members that know more about something: asked first when one of the words is in the text.
public struct Topic: Sendable, Equatable {
  public var name: String
  /// Small letters.
  public var keywords: Set<String>
  public var members: [String]

  public init(_ name: String, keywords: Set<String>, members: [String]) {
    self.name = name
    self.keywords = keywords
    self.members = members
  }
}

/// How one of several workers that could begin at once is chosen. Raw values are the configuration's
/// words. Whatever the strategy, a worker without a free place is none of them.
public enum Strategy: String, Sendable, Codable, CaseIterable {
  /// The best score, by steps of 20; among equals the least loaded, then the faster.
  case health
  /// Each in turn.
  case roundRobin = "round_robin"
  /// The least loaded; among equals the faster.
  case leastBusy = "least_busy"
  case random
  /// By the members' scores, as the papers have it: `health` for one or two members or when scores
  /// differ much (variance above 400), `least_busy` when they are low (mean below 70), else
  /// `round_robin`.
  case auto
}
