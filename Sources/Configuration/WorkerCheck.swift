// SPDX-License-Identifier: Apache-2.0

/// Workers whose keys fit their kind; realms, pools and routing that name what is there.
struct WorkerCheck {
  private let new: Additions
  private let routing: RoutingSettings?
  private let realms: [String]
  private let workers: [WorkerSettings]

  init(_ settings: Settings) {
    self.init(Additions(realms: settings.realms, workers: settings.workers), routing: settings.routing)
  }

  /// - Parameter known: that is there already: may be named, and is not looked at.
  init(_ new: Additions, beside known: Additions = Additions(), routing: RoutingSettings? = nil) {
    self.new = new
    self.routing = routing
    realms = (new.realms + known.realms).map(\.name) + RealmSettings.standard.map(\.name)
    workers = new.workers + known.workers
  }

  func run(_ reader: inout Reader) {
    for worker in new.workers {
      checkPlace(worker, &reader)
      checkWork(worker, &reader)
    }
    for realm in new.realms { check(realm, &reader) }
    if let routing { check(routing, &reader) }
  }

  // MARK: Workers

  private func checkPlace(_ worker: WorkerSettings, _ reader: inout Reader) {
    let path = "workers.\(worker.name)"
    let kind = worker.kind.rawValue
    switch (worker.kind, worker.place) {
    case (.wyoming, .child): return
    case (.wyoming, .url(let url)):
      if let problem = Self.wyomingProblem(url) { reader.note(at: "\(path).url", problem) }
    case (.exec, .child):
      if !reader.isWritten("\(path).command") {
        reader.note(at: path, "kind exec needs 'command': the program and its arguments.")
      }
    case (.exec, .url): reader.note(at: "\(path).url", "kind exec has a 'command', no 'url'.")
    case (_, .child):
      let isGiven = reader.isWritten("\(path).command")
      reader.note(
        at: isGiven ? "\(path).command" : path,
        isGiven
          ? "kind \(kind) is found by its 'url'; it is not started by mtor."
          : "kind \(kind) needs 'url', e.g. 'http://127.0.0.1:8080'.")
    case (_, .url(let url)):
      let isShort = worker.kind == .rentahal && !url.contains("://") && url.contains(":")
      let isHTTP = ["http://", "https://"].contains { url.hasPrefix($0) && url.utf8.count > $0.utf8.count }
      if isHTTP || isShort { return }
      let short = worker.kind == .rentahal ? ", or host:port" : ""
      reader.note(
        at: "\(path).url", "\(quoted(url)) is not http://host[:port] or https://host[:port]\(short).")
    }
  }

  private func checkWork(_ worker: WorkerSettings, _ reader: inout Reader) {
    let path = "workers.\(worker.name)"
    for (index, realm) in worker.realms.enumerated() {
      checkRealm(
        realm,
        at: reader.isWritten("\(path).realms[\(index)]") ? "\(path).realms[\(index)]" : "\(path).realms",
        &reader)
    }
    if worker.kind != .wyoming, worker.realms.isEmpty, !isMistyped("realms", path, reader) {
      reader.note(
        at: path, "kind \(worker.kind.rawValue) needs 'realms', e.g. [$CHAT]: else nothing is asked of it.")
    }
    if worker.kind == .anthropic, worker.model == nil, !isMistyped("model", path, reader) {
      reader.note(at: path, "kind anthropic needs 'model', as its API lists it.")
    }
    if worker.processesMin > worker.processesMax {
      reader.note(at: "\(path).processes_min", "must not be more than processes_max.")
    }
  }

  /// A value that could not be read was told already.
  private func isMistyped(_ key: String, _ path: String, _ reader: Reader) -> Bool {
    reader.isWritten("\(path).\(key)")
  }

  static func wyomingProblem(_ text: String) -> String? {
    if text.hasPrefix("unix:///"), text.count > 8, text.utf8.count <= 100 { return nil }
    let parts =
      text.hasPrefix("tcp://")
      ? text.dropFirst(6).split(separator: ":", omittingEmptySubsequences: false) : []
    let port = parts.count >= 2 ? parts.last.flatMap { UInt16($0) } : nil
    if parts.first?.isEmpty == false, port ?? 0 > 0 { return nil }
    let hint = text.hasPrefix("http") ? " Services that speak HTTP have another 'kind'." : ""
    return
      "\(quoted(text)) is not tcp://host:port or unix:///path, e.g. 'tcp://192.168.1.20:10400'.\(hint)"
  }

  // MARK: Realms

  private func check(_ realm: RealmSettings, _ reader: inout Reader) {
    let path = "realms.\(realm.name)"
    for (index, backup) in realm.backups.enumerated() {
      let place = "\(path).backups[\(index)]"
      if backup == realm.name {
        reader.note(at: place, "a realm is no backup of itself.")
      } else {
        checkRealm(backup, at: place, &reader)
      }
    }
    let members = workers.filter { $0.realms.contains(realm.name) }.map(\.name)
    for pool in realm.pools {
      for member in pool.members where !members.contains(member) {
        let advice = Nearest.advice(member, in: members, label: "Its workers")
        reader.note(
          at: "\(path).pools.\(pool.name).members",
          "no worker \(quoted(member)) serves \(realm.name).\(advice)")
      }
    }
  }

  private func check(_ routing: RoutingSettings, _ reader: inout Reader) {
    for rule in routing.rules where !rule.realm.isEmpty {
      checkRealm(rule.realm, at: "routing.rules.\(rule.name).realm", &reader)
    }
    for (index, realm) in routing.choices.enumerated() {
      checkRealm(realm, at: "routing.choices[\(index)]", &reader)
    }
    if let classifier = routing.classifier {
      checkRealm(classifier, at: "routing.classifier", &reader)
      if routing.choices.isEmpty {
        reader.note(at: "routing.classifier", "needs 'choices': the realms that it may name.")
      }
    }
    if let fallback = routing.fallback { checkRealm(fallback, at: "routing.default", &reader) }
  }

  private func checkRealm(_ realm: String, at path: String, _ reader: inout Reader) {
    if realms.contains(realm) { return }
    let advice = Nearest.advice(realm, in: realms, label: "Known")
    reader.note(at: path, "there is no realm \(quoted(realm)).\(advice)")
  }
}
