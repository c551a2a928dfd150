// SPDX-License-Identifier: Apache-2.0
import Configuration
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
    let realms = settings.realms
    LoopActor.spawn("saved workers") { [self] in
      do {
        let saved = try await files.run("read \(savedWorkers.path)", until: loop.now + Self.savedWorkersLimit)
        {
          try savedWorkers.read(realms)
        }
        for worker in saved where workforce.source(of: worker.name) != .configuration {
          try workforce.add(worker, isSaved: true)
        }
      } catch is CancellationError {} catch { log.warning("workers that were saved are not used: \(error)") }
    }
  }

  /// Adds a worker given as the configuration has it: `{name: {kind: …}}` below `workers:`.
  /// - Throws: `ConfigurationProblems`, `WorkforceError`; for saving `SystemError`.
  func addWorkers(_ text: String, isSaved: Bool) async throws {
    let workers = try ConfigurationReader().readWorkers(text: text, name: "worker", realms: workforce.realms)
    for worker in workers { try workforce.add(worker, isSaved: isSaved) }
    if isSaved { try await saveWorkers() }
  }

  func removeWorker(_ name: String) async throws {
    let wasSaved = workforce.source(of: name) == .saved
    try workforce.remove(name)
    if wasSaved { try await saveWorkers() }
  }

  private func saveWorkers() async throws {
    guard let savedWorkers else { throw WorkforceError("this mtor keeps no state: nothing can be saved") }
    let workers = workforce.saved
    try await files.run("write \(savedWorkers.path)", until: loop.now + Self.savedWorkersLimit) {
      StateDirectory.makeParents(of: savedWorkers.path)
      try savedWorkers.write(workers)
    }
  }
}
