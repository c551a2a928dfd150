// SPDX-License-Identifier: Apache-2.0

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

  public init(_ name: String, realms: [String], models: [String] = [], slots: Int? = nil) {
    self.name = name
    self.realms = realms
    self.models = models
    self.slots = slots
  }
}
