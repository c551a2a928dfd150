// SPDX-License-Identifier: Apache-2.0
import Time

/// One worker, as the configuration describes it.
public struct WorkerProfile: Sendable, Equatable {
  /// Requests at the same time for a worker that says nothing about it.
  public static let slotsDefault = 1
  public static let slotsMax = 1024

  public var name: String
  /// Realms that it serves.
  public var realms: [String]
  /// Models that it has; those that a probe reports are added.
  public var models: [String]
  /// Requests it is given at the same time, 1…`slotsMax`; nil: what a probe reports, else one.
  public var slots: Int?
  /// Nothing heard from it for so long: it is probed. Nil: as `Realms.Limits` has it.
  public var probeInterval: Duration?
  /// Words, in small letters, that make it the first to be asked in its realms.
  public var topics: Set<String>

  public init(
    _ name: String, realms: [String], models: [String] = [], slots: Int? = nil,
    probeInterval: Duration? = nil,
    topics: Set<String> = []
  ) {
    self.name = name
    self.realms = realms
    self.models = models
    self.slots = slots
    self.probeInterval = probeInterval
    self.topics = topics
  }
}
