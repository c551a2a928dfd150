// SPDX-License-Identifier: Apache-2.0

/// Which workers and realms are up, as others are told: a worker is from its first sign of life on, and no
/// longer once it failed so often that requests are kept from it, until the next sign of life. A realm is as
/// long as somebody who serves it is.
public struct HealthBoard: Sendable {
  private var workers: [String: Bool] = [:]
  private var realms: [String: Bool] = [:]

  public init() {}

  public func isUp(_ worker: String) -> Bool { workers[worker] == true }

  /// - Parameter isUp: nil: it has gone.
  public mutating func set(worker: String, _ isUp: Bool?, _ machine: Realms) -> [HealthChange] {
    if workers[worker] == isUp { return [] }
    workers[worker] = isUp
    return [HealthChange(.worker(worker), isUp)] + review(machine)
  }

  /// Who serves which realm has changed.
  public mutating func review(_ machine: Realms) -> [HealthChange] {
    var changes: [HealthChange] = []
    let names = machine.realmNames
    for name in names {
      let known = machine.servers(realm: name).map { workers[$0] }
      // Who was never heard of may be there.
      let isUp = known.contains(true) ? true : (known.contains(nil) ? realms[name] : false)
      if realms[name] == isUp { continue }
      realms[name] = isUp
      changes.append(HealthChange(.realm(name), isUp))
    }
    for name in realms.keys.sorted() where !names.contains(name) {
      realms[name] = nil
      changes.append(HealthChange(.realm(name), nil))
    }
    return changes
  }
}

/// A worker or a realm is up or down from now on; nil: it is not known, or it has gone.
public struct HealthChange: Sendable, Equatable {
  public enum Subject: Sendable, Equatable {
    case worker(String)
    case realm(String)
  }

  public var subject: Subject
  public var isUp: Bool?

  public init(_ subject: Subject, _ isUp: Bool?) {
    self.subject = subject
    self.isUp = isUp
  }
}
