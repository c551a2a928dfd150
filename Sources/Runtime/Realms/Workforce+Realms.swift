// SPDX-License-Identifier: Apache-2.0
import Configuration
import Intents

/// Realms of the configuration, those that workers bring along, and those that come and go while running.
extension Workforce {
  /// Takes over the realms of a configuration.
  /// - Parameter named: by its workers.
  /// - Returns: those whose workers are asked for something else than before.
  func applyRealms(_ settings: Settings, _ named: [String]) -> Set<String> {
    var wanted = settings.realms
    for realm in wanted { addedRealms[realm.name] = nil }
    wanted += realms.filter { addedRealms[$0.name] != nil }
    for name in (named + added.flatMap(\.realms)).sorted() where !wanted.contains(where: { $0.name == name })
    {
      wanted.append(RealmSettings(name))
    }
    for realm in realms where !wanted.contains(where: { $0.name == realm.name }) {
      orchestrator.remove(realm: realm.name)
    }
    for realm in wanted where !realms.contains(realm) { orchestrator.set(realm.profile) }
    let changed = wanted.filter { realm in factory.types[realm.name].map { $0 != realm.kind } == true }
    realms = wanted
    factory.types = [:]
    for realm in wanted { factory.types[realm.name] = realm.kind }
    return Set(changed.map(\.name))
  }

  /// A realm as it is when nothing is said of it, for a worker that names it.
  func addRealm(_ name: String) {
    if !realms.contains(where: { $0.name == name }) { put(RealmSettings(name)) }
  }

  /// Adds a realm.
  /// - Throws: `WorkforceError` when it is there, or there are too many.
  func add(_ realm: RealmSettings, isSaved: Bool) throws(WorkforceError) {
    if realms.contains(where: { $0.name == realm.name }), addedRealms[realm.name] == nil || !isSaved {
      throw WorkforceError(
        "realm '\(realm.name)' is there already: mtor realms change \(realm.name) KEY=VALUE")
    }
    let limit = orchestrator.limits.realmsMax
    if realms.count >= limit { throw WorkforceError("there are \(limit) realms already") }
    addedRealms[realm.name] = isSaved ? .saved : .added
    put(realm)
  }

  /// Changes a realm; one of the configuration is as the file says again after the next reload.
  /// - Throws: `WorkforceError` when there is none of this name, or one of the configuration is to be saved.
  func change(_ realm: RealmSettings, isSaved: Bool) throws(WorkforceError) {
    guard realms.contains(where: { $0.name == realm.name }) else { throw unknown(realm: realm.name) }
    if isSaved {
      if addedRealms[realm.name] == nil {
        throw WorkforceError(
          "realm '\(realm.name)' is in the configuration: change it there, then 'mtor reload'")
      }
      addedRealms[realm.name] = .saved
    }
    put(realm)
  }

  /// Removes a realm: what waits for it is rejected. One that the configuration names comes back with the
  /// next reload.
  /// - Throws: `WorkforceError` when there is none, or a worker that was added while running serves it.
  func remove(realm name: String) throws(WorkforceError) {
    guard let index = realms.firstIndex(where: { $0.name == name }) else { throw unknown(realm: name) }
    if let worker = added.map(\.name).sorted().first(where: {
      settings(of: $0)?.realms.contains(name) == true
    }) {
      throw WorkforceError("worker '\(worker)' serves '\(name)': mtor workers remove \(worker)")
    }
    let isBack = addedRealms.removeValue(forKey: name) == nil
    realms.remove(at: index)
    factory.types[name] = nil
    orchestrator.remove(realm: name)
    log.notice("\(name) was removed\(isBack ? " until the next reload" : "")")
  }

  /// Nil: there is none.
  func source(ofRealm name: String) -> Source? {
    addedRealms[name] ?? (realms.contains { $0.name == name } ? .configuration : nil)
  }

  private func put(_ realm: RealmSettings) {
    let former = factory.types.updateValue(realm.kind, forKey: realm.name)
    if let index = realms.firstIndex(where: { $0.name == realm.name }) {
      realms[index] = realm
    } else {
      realms.append(realm)
    }
    orchestrator.set(realm.profile)
    if let former, former != realm.kind { renew(workersOf: realm.name) }
  }

  private func unknown(realm name: String) -> WorkforceError {
    let known = realms.map(\.name).sorted().joined(separator: ", ")
    return WorkforceError("no realm '\(name)'. Realms: \(known.isEmpty ? "none" : known)")
  }
}

extension RealmSettings {
  /// As the machine takes it.
  var profile: RealmProfile {
    RealmProfile(
      name, queueMax: queueMax, budget: deadline, strategy: strategy, backups: backups,
      pools: pools.map { PoolProfile($0.name, members: $0.members, strategy: $0.strategy) })
  }
}
