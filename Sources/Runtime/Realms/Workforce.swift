// SPDX-License-Identifier: Apache-2.0
import Configuration
import Intents
import Log
import Loop
import Time
import Workers

/// Which realms and workers there are: those of the configuration, and those added while running.
///
/// The rule, for realms and for workers: at a reload the configuration wins over run-time changes of the same
/// name; what was added under other names stays until the next start, or for good when it was saved. A
/// worker whose settings stay, and that nobody has changed, is not touched.
///
/// The voice path's services serve $SPEECH and $SPEAK too, where nobody else does, once some worker serves a
/// realm: a node that only has commands probes nobody.
@LoopActor public final class Workforce {
  /// Workers added while running, at most.
  public nonisolated static let addedMax = 64

  /// Where a worker comes from.
  public enum Source: String, Sendable, Codable { case configuration, added, saved }

  private struct Entry {
    var settings: WorkerSettings
    var source: Source
    /// Drained or changed by hand since the configuration was applied.
    var isTouched = false
  }

  let orchestrator: Orchestrator
  let log = Logger("workers")
  var factory = WorkerFactory()
  private var entries: [String: Entry] = [:]
  /// Services of the voice path, with the realms that they could serve.
  private var spare: [WorkerSettings] = []
  private var isSpareUsed = false
  var realms: [RealmSettings] = []
  /// Realms that were added while running: where they come from.
  var addedRealms: [String: Source] = [:]

  init(_ orchestrator: Orchestrator) {
    self.orchestrator = orchestrator
    orchestrator.onRefusedChange = { [log] in log.warning("\($0)") }
  }

  /// Takes over a configuration.
  /// - Parameter services: of the voice path, by the worker's name.
  func apply(_ settings: Settings, services: [String: WyomingService]) {
    factory.services = services
    factory.node = settings.node
    let own = settings.workers.filter { !$0.realms.isEmpty }
    spare = Self.spare(settings, services)
    if !own.isEmpty { isSpareUsed = true }
    let wanted = own + (isSpareUsed ? spare : [])
    let changed = applyRealms(settings, wanted.flatMap(\.realms))
    let names = Set(wanted.map(\.name))
    for (name, entry) in entries.sorted(by: { $0.key < $1.key })
    where entry.source == .configuration && !names.contains(name) {
      drop(name)
    }
    for new in wanted {
      // A key may be another one now.
      if let old = entries[new.name], old.source == .configuration, !old.isTouched, old.settings == new,
        new.keyFile == nil, !isTasked(new, by: changed)
      {
        continue
      }
      put(Entry(settings: new, source: .configuration))
    }
  }

  /// What it is asked follows from one of these realms.
  private func isTasked(_ worker: WorkerSettings, by realms: Set<String>) -> Bool {
    worker.task == nil && worker.realms.first.map(realms.contains) == true
  }

  /// The workers of a realm are asked for something else from now on.
  func renew(workersOf realm: String) {
    for entry in entries.values.sorted(by: { $0.settings.name < $1.settings.name })
    where isTasked(entry.settings, by: [realm]) { put(entry) }
  }

  /// The voice path's services, with the realms that nobody else serves.
  private static func spare(_ settings: Settings, _ services: [String: WyomingService]) -> [WorkerSettings] {
    let roles = [
      ("$SPEECH", settings.services.speechToText), ("$SPEAK", settings.services.textToSpeech),
    ]
    return settings.workers.filter { $0.realms.isEmpty && services[$0.name] != nil }.compactMap { worker in
      var worker = worker
      for (realm, role) in roles where role == worker.name {
        if !settings.workers.contains(where: { $0.realms.contains(realm) }) { worker.realms.append(realm) }
      }
      return worker.realms.isEmpty ? nil : worker
    }
  }

  /// Lets the voice path's services serve $SPEECH and $SPEAK, from now on.
  func useSpare() {
    if isSpareUsed { return }
    isSpareUsed = true
    for worker in spare where entries[worker.name] == nil {
      for realm in worker.realms { addRealm(realm) }
      put(Entry(settings: worker, source: .configuration))
    }
  }

  // MARK: While running

  /// Adds a worker, or changes one that was added.
  /// - Throws: `WorkforceError` when the configuration has the name, or there are too many.
  func add(_ settings: WorkerSettings, isSaved: Bool = false) throws(WorkforceError) {
    let known = entries[settings.name]
    if known?.source == .configuration {
      throw WorkforceError(
        "worker '\(settings.name)' is in the configuration: change it there, then 'mtor reload'")
    }
    if known == nil, entries.values.count(where: { $0.source != .configuration }) >= Self.addedMax {
      throw WorkforceError("\(Self.addedMax) workers were added already. Write them into the configuration")
    }
    for name in settings.realms { addRealm(name) }
    put(Entry(settings: settings, source: isSaved ? .saved : .added, isTouched: true))
    useSpare()
  }

  /// Removes a worker; one of the configuration comes back with the next reload.
  func remove(_ name: String) throws(WorkforceError) {
    guard let entry = entries[name] else { throw unknown(name) }
    drop(name)
    log.notice("\(name) was removed\(entry.source == .configuration ? " until the next reload" : "")")
  }

  /// It finishes what it has and gets nothing more until the next reload.
  func drain(_ name: String) throws(WorkforceError) {
    guard entries[name] != nil else { throw unknown(name) }
    entries[name]?.isTouched = true
    orchestrator.drain(worker: name)
    log.notice("\(name) finishes what it has and gets nothing more")
  }

  /// What is to be there after the next start too: saved workers need their realms.
  var saved: Additions {
    let workers = entries.values.filter { $0.source == .saved }.map(\.settings).sorted { $0.name < $1.name }
    let needed = Set(workers.flatMap(\.realms))
    let realms = realms.filter { realm in
      addedRealms[realm.name].map { $0 == .saved || needed.contains(realm.name) } == true
    }
    return Additions(realms: realms, workers: workers)
  }

  /// All that is there.
  var known: Additions { Additions(realms: realms, workers: entries.values.map(\.settings)) }

  /// Workers beside the configuration.
  var added: [WorkerSettings] { entries.values.filter { $0.source != .configuration }.map(\.settings) }

  func settings(of worker: String) -> WorkerSettings? { entries[worker]?.settings }
  func source(of worker: String) -> Source? { entries[worker]?.source }

  func unknown(_ name: String) -> WorkforceError {
    let known = entries.keys.sorted().joined(separator: ", ")
    return WorkforceError("no worker '\(name)' serves a realm. Workers: \(known.isEmpty ? "none" : known)")
  }

  private func put(_ entry: Entry) {
    let name = entry.settings.name
    let isKnown = entries.updateValue(entry, forKey: name) != nil
    orchestrator.set(factory.worker(entry.settings), factory.profile(entry.settings))
    // What was known of it may be of another place.
    if isKnown { orchestrator.wantProbe(worker: name) }
  }

  private func drop(_ name: String) {
    entries[name] = nil
    orchestrator.remove(worker: name)
  }
}

/// Why a change of the workers was not made; the text is for people.
public struct WorkforceError: Error, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

extension RoutingSettings {
  var profile: RoutingProfile {
    RoutingProfile(
      rules: rules.map { .init($0.name, keywords: Set($0.words.map { $0.lowercased() }), realm: $0.realm) },
      classifier: classifier, choices: choices, budget: budget, fallback: fallback ?? "")
  }
}
