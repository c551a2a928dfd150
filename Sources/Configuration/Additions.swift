// SPDX-License-Identifier: Apache-2.0

/// Realms and workers that come beside those of a configuration.
public struct Additions: Sendable, Equatable {
  public var realms: [RealmSettings]
  public var workers: [WorkerSettings]

  public init(realms: [RealmSettings] = [], workers: [WorkerSettings] = []) {
    self.realms = realms
    self.workers = workers
  }
}
