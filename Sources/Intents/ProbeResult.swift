// SPDX-License-Identifier: Apache-2.0

/// What a worker said when it was asked for a sign of life.
public enum ProbeResult: Sendable, Equatable {
  case alive(Capabilities)
  /// Alive, but has no room now.
  case busy
  case dead(WorkerFailure)
}

/// What a worker can do, as far as it tells.
public struct Capabilities: Sendable, Equatable {
  /// Models kept per worker; more are not looked at.
  public static let modelsMax = 64

  /// Names that an intent's `model` may have.
  public var models: [String]
  /// Requests it serves at the same time; nil: it does not say.
  public var slots: Int?

  public init(models: [String] = [], slots: Int? = nil) {
    self.models = Array(models.prefix(Self.modelsMax))
    self.slots = slots
  }
}
