// SPDX-License-Identifier: Apache-2.0
import Configuration
import HTTPTransport
import Intents
import Loop
import Time

extension Daemon {
  /// For the file of saved workers.
  static let savedWorkersLimit: Duration = .seconds(5)

  /// Those of the configuration, then those that were saved under other names.
  func startWorkers() {
    workforce.apply(settings, services: services.byName)
    guard let savedWorkers else { return }
    let known = workforce.known
    LoopActor.spawn("saved workers") { [self] in
      do {
        let saved = try await files.run("read \(savedWorkers.path)", until: loop.now + Self.savedWorkersLimit)
        {
          try savedWorkers.read(beside: known)
        }
        await loadHTTP(for: saved.workers)
        for realm in saved.realms where workforce.source(ofRealm: realm.name) != .configuration {
          try workforce.add(realm, isSaved: true)
        }
        for worker in saved.workers where workforce.source(of: worker.name) != .configuration {
          try workforce.add(worker, isSaved: true)
        }
      } catch is CancellationError {} catch { log.warning("workers that were saved are not used: \(error)") }
    }
  }

  /// Adds a worker given as the configuration has it: `{name: {kind: …}}` below `workers:`.
  /// - Throws: `ConfigurationProblems`, `WorkforceError`; for saving `SystemError`.
  func addWorkers(_ text: String, isSaved: Bool) async throws {
    let new = try ConfigurationReader().readAdditions(text: text, name: "worker", to: workforce.known)
    if isSaved { try requireState() }
    await loadHTTP(for: new.workers)
    for worker in new.workers { try workforce.add(worker, isSaved: isSaved) }
    if isSaved { try await saveWorkers() }
  }

  func removeWorker(_ name: String) async throws {
    let wasSaved = workforce.source(of: name) == .saved
    try workforce.remove(name)
    if wasSaved { try await saveWorkers() }
  }

  /// Adds a realm given as the configuration has it, `{$NAME: {…}}` below `realms:`, or changes those keys
  /// of one that is there.
  /// - Throws: as `addWorkers`.
  func setRealms(_ text: String, isNew: Bool, isSaved: Bool) async throws {
    let new = try ConfigurationReader().readAdditions(text: text, name: "realm", to: workforce.known)
    if isSaved { try requireState() }
    for realm in new.realms {
      if isNew {
        try workforce.add(realm, isSaved: isSaved)
      } else {
        try workforce.change(realm, isSaved: isSaved)
      }
    }
    if new.realms.contains(where: { workforce.source(ofRealm: $0.name) == .saved }) {
      try await saveWorkers()
    }
  }

  func removeRealm(_ name: String) async throws {
    let wasSaved = workforce.source(ofRealm: name) == .saved
    try workforce.remove(realm: name)
    if wasSaved { try await saveWorkers() }
  }

  /// So that the loop does not wait for it. At the start, before anybody is served, it may.
  func loadHTTP(for workers: [WorkerSettings]) async {
    if workers.contains(where: \.kind.isHTTP) { await HTTPSession.load() }
  }

  private func requireState() throws(WorkforceError) {
    if savedWorkers == nil { throw WorkforceError("this mtor keeps no state: nothing can be saved") }
  }

  private func saveWorkers() async throws {
    guard let savedWorkers else { return }
    let additions = workforce.saved
    try await files.run("write \(savedWorkers.path)", until: loop.now + Self.savedWorkersLimit) {
      StateDirectory.makeParents(of: savedWorkers.path)
      try savedWorkers.write(additions)
    }
  }
}
