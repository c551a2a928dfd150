// SPDX-License-Identifier: Apache-2.0
import Configuration
import Intents
import Loop
import Posix
import TestSupport
import Testing
import Time

@testable import Runtime

/// Realms and workers of the configuration, and what becomes of run-time changes when it is read again.
@Suite(.serialized) struct WorkforceTests {
  private static func configuration(_ workers: String) -> String {
    TestDaemon.configuration + "\nworkers:\n" + workers
  }

  /// Nobody listens there: what is tested is who is known.
  private static let llm = "  llm: {kind: openai, url: \"http://127.0.0.1:9\", realms: $CHAT, model: a}\n"
  private static let eye = "  eye: {kind: openai, url: \"http://127.0.0.1:9\", realms: [$VISION, $CHAT]}\n"

  private static func names(_ directory: TemporaryDirectory) throws -> [String] {
    let replies = try TestDaemon.ask(directory, ControlRequest(.workers))
    return replies.compactMap(\.workers).flatMap { $0.map { "\($0.name) \($0.source)" } }.sorted()
  }

  private static func add(
    _ name: String, _ realm: String = "$CHAT", to directory: TemporaryDirectory, isSaved: Bool = false
  ) throws {
    var request = ControlRequest(
      .addWorker, text: "workers: {\(name): {kind: openai, url: \"http://127.0.0.1:9\", realms: \(realm)}}\n")
    request.isSaved = isSaved
    _ = try TestDaemon.ask(directory, request)
  }

  @Test func theConfigurationWinsAtAReloadAndWhatWasAddedStays() async throws {
    let test = try await onLoop { try TestDaemon(Self.configuration(Self.llm + Self.eye)) }
    let directory = test.directory
    #expect(try Self.names(directory) == ["eye configuration", "llm configuration"])
    try Self.add("more", to: directory)
    _ = try TestDaemon.ask(directory, ControlRequest(.removeWorker, name: "llm"))
    _ = try TestDaemon.ask(directory, ControlRequest(.drainWorker, name: "eye"))
    #expect(try Self.names(directory) == ["eye configuration", "more added"])
    let text = Self.configuration(Self.llm.replacing("model: a", with: "model: b") + Self.eye)
    let settings = try ConfigurationReader().read(text: text, name: "new.yml")
    try await onLoop { try await test.daemon.reload(settings) }
    #expect(try Self.names(directory) == ["eye configuration", "llm configuration", "more added"])
    let workers = try TestDaemon.ask(directory, ControlRequest(.workers)).compactMap(\.workers).flatMap { $0 }
    #expect(workers.first { $0.name == "llm" }?.models == ["b"])
    #expect(workers.first { $0.name == "eye" }?.state != "draining")
    let fewer = try ConfigurationReader().read(text: Self.configuration(Self.llm), name: "new.yml")
    try await onLoop { try await test.daemon.reload(fewer) }
    #expect(try Self.names(directory) == ["llm configuration", "more added"])
    let realms = try TestDaemon.ask(directory, ControlRequest(.realms)).compactMap(\.realms).flatMap { $0 }
    #expect(realms.map(\.name) == ["$CHAT"])
    try await onLoop { await test.daemon.stop() }
  }

  @Test func moreRealmsThanTheLimitAreRefused() async throws {
    let test = try await onLoop { try TestDaemon(TestDaemon.configuration) }
    let failure = thrown(ControlError.self) {
      for number in 0..<100 {
        _ = try TestDaemon.ask(
          test.directory, ControlRequest(.addRealm, text: "realms: {$R\(number): {queue: 8}}\n"))
      }
    }
    #expect(failure.map { "\($0)".contains("there are 64 realms already") } == true)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aWorkerThatWasSavedIsThereAfterTheNextStart() async throws {
    let state = TemporaryDirectory()
    let first = try await onLoop { try TestDaemon(state: state.path) }
    try Self.add("kept", "$VISION", to: first.directory, isSaved: true)
    try Self.add("lost", to: first.directory)
    try await onLoop { await first.daemon.stop() }
    let second = try await onLoop { try TestDaemon(Self.configuration(Self.llm), state: state.path) }
    let directory = second.directory
    #expect(try await eventually { second.daemon.orchestrator.workerReports.count == 2 })
    #expect(try Self.names(directory) == ["kept saved", "llm configuration"])
    _ = try TestDaemon.ask(directory, ControlRequest(.removeWorker, name: "kept"))
    try await onLoop { await second.daemon.stop() }
    let third = try await onLoop { try TestDaemon(Self.configuration(Self.llm), state: state.path) }
    #expect(try Self.names(third.directory) == ["llm configuration"])
    try await onLoop { await third.daemon.stop() }
  }

  private static func realms(_ directory: TemporaryDirectory) throws -> [String] {
    let replies = try TestDaemon.ask(directory, ControlRequest(.realms))
    return replies.compactMap(\.realms).flatMap { $0.map { "\($0.name) \($0.source) \($0.queueMax)" } }
      .sorted()
  }

  private static func set(
    _ verb: ControlRequest.Verb, _ realm: String, in directory: TemporaryDirectory, isSaved: Bool = false
  ) throws {
    var request = ControlRequest(verb, text: "realms: {\(realm)}\n")
    request.isSaved = isSaved
    _ = try TestDaemon.ask(directory, request)
  }

  @Test func realmsAreAddedChangedAndRemovedUntilAReloadPutsBackTheConfigurations() async throws {
    let text = Self.configuration(Self.llm) + "realms: {$NOTES: {queue: 5, deadline: 2min}}\n"
    let test = try await onLoop { try TestDaemon(text) }
    let directory = test.directory
    #expect(try Self.realms(directory) == ["$CHAT configuration 64", "$NOTES configuration 5"])
    try Self.set(.addRealm, "$DRAFTS: {queue: 7, backups: $CHAT}", in: directory)
    try Self.set(.changeRealm, "$CHAT: {queue: 3}", in: directory)
    try Self.set(.changeRealm, "$DRAFTS: {deadline: 9s}", in: directory)
    _ = try TestDaemon.ask(directory, ControlRequest(.removeRealm, name: "$NOTES"))
    #expect(try Self.realms(directory) == ["$CHAT configuration 3", "$DRAFTS added 7"])
    let refused = thrown(ControlError.self) {
      try TestDaemon.ask(directory, ask("x", "$NOTES"))
    }
    #expect(refused?.description.contains("no realm '$NOTES'") == true, "\(refused?.description ?? "")")
    let settings = try ConfigurationReader().read(text: text, name: "new.yml")
    try await onLoop { try await test.daemon.reload(settings) }
    #expect(
      try Self.realms(directory) == [
        "$CHAT configuration 64", "$DRAFTS added 7", "$NOTES configuration 5",
      ])
    let own = try ConfigurationReader().read(
      text: Self.configuration(Self.llm) + "realms: {$DRAFTS: {queue: 9}}\n", name: "new.yml")
    try await onLoop { try await test.daemon.reload(own) }
    #expect(try Self.realms(directory) == ["$CHAT configuration 64", "$DRAFTS configuration 9"])
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aRealmThatWasSavedIsThereAfterTheNextStartWithItsChanges() async throws {
    let state = TemporaryDirectory()
    let first = try await onLoop { try TestDaemon(state: state.path) }
    try Self.set(.addRealm, "$KEPT: {queue: 7}", in: first.directory, isSaved: true)
    try Self.set(.changeRealm, "$KEPT: {strategy: random}", in: first.directory)
    try Self.set(.addRealm, "$LOST: {}", in: first.directory)
    try Self.add("lost", to: first.directory)
    let own = thrown(ControlError.self) {
      try Self.set(.changeRealm, "$CHAT: {queue: 1}", in: first.directory, isSaved: true)
    }
    #expect(own?.description.contains("is in the configuration") == true)
    try Self.add("kept", "$KEPT", to: first.directory, isSaved: true)
    try await onLoop { await first.daemon.stop() }
    let second = try await onLoop { try TestDaemon(state: state.path) }
    #expect(try await eventually { second.daemon.orchestrator.workerReports.count == 1 })
    #expect(try Self.realms(second.directory) == ["$KEPT saved 7"])
    #expect(try await onLoop { second.daemon.workforce.realms.map(\.strategy) } == [.random])
    let served = thrown(ControlError.self) {
      try TestDaemon.ask(second.directory, ControlRequest(.removeRealm, name: "$KEPT"))
    }
    #expect(served?.description.contains("mtor workers remove kept") == true)
    _ = try TestDaemon.ask(second.directory, ControlRequest(.removeWorker, name: "kept"))
    _ = try TestDaemon.ask(second.directory, ControlRequest(.removeRealm, name: "$KEPT"))
    try Self.set(.addRealm, "$NEEDED: {queue: 2}", in: second.directory)
    try Self.add("needy", "$NEEDED", to: second.directory, isSaved: true)
    try await onLoop { await second.daemon.stop() }
    let third = try await onLoop { try TestDaemon(state: state.path) }
    #expect(try await eventually { third.daemon.orchestrator.workerReports.count == 1 })
    #expect(try Self.realms(third.directory) == ["$NEEDED saved 2"])
    try await onLoop { await third.daemon.stop() }
  }

  /// What is asked, and a part of the refusal.
  static let refusals: [(ControlRequest, String)] = [
    (
      ControlRequest(.addWorker, text: "workers: {llm: {kind: openai, url: \"http://b\", realms: $CHAT}}"),
      "worker 'llm' is in the configuration"
    ),
    (ControlRequest(.addWorker, text: "workers: {x: {kind: opeai}}"), "Did you mean 'openai'?"),
    (
      ControlRequest(.addWorker, text: "workers: {x: {kind: openai, url: \"http://b\"}}"),
      "kind openai needs 'realms'"
    ),
    (ControlRequest(.addWorker, text: "board: sim"), "unknown key 'board'"),
    (ControlRequest(.addRealm, text: "realms: {$CHAT: {}}"), "mtor realms change $CHAT"),
    (ControlRequest(.addRealm, text: "realms: {chat: {}}"), "Did you mean '$CHAT'?"),
    (ControlRequest(.addRealm, text: "realms: {$A: {backups: $B}}"), "there is no realm '$B'"),
    (ControlRequest(.addRealm, text: "realms: {$A: {queue: many}}"), "realms.$A.queue"),
    (ControlRequest(.changeRealm, text: "realms: {$A: {}}"), "no realm '$A'. Realms: $CHAT"),
    (saved(.changeRealm, "realms: {$CHAT: {queue: 1}}"), "nothing can be saved"),
    (saved(.addRealm, "realms: {$A: {}}"), "nothing can be saved"),
    (ControlRequest(.removeRealm, name: "$A"), "no realm '$A'"),
    (ControlRequest(.removeWorker, name: "lm"), "no worker 'lm' serves a realm. Workers: llm"),
    (ControlRequest(.drainWorker, name: "lm"), "no worker 'lm'"),
    (ControlRequest(.probeWorkers, name: "lm"), "no worker 'lm'"),
    (ControlRequest(.why, name: "ask-77"), "no intent 'ask-77'"),
  ]

  private static func saved(_ verb: ControlRequest.Verb, _ text: String) -> ControlRequest {
    var request = ControlRequest(verb, text: text)
    request.isSaved = true
    return request
  }

  private func ask(_ text: String, _ realm: String) -> ControlRequest {
    var request = ControlRequest(.ask, text: text)
    request.realm = realm
    return request
  }

  @Test func whatCannotBeIsSaid() async throws {
    let test = try await onLoop { try TestDaemon(Self.configuration(Self.llm)) }
    let directory = test.directory
    for (request, refusal) in Self.refusals {
      let error = thrown(ControlError.self) { try TestDaemon.ask(directory, request) }
      #expect(error?.description.contains(refusal) == true, "\(request.verb): \(error?.description ?? "")")
    }
    let probes = try TestDaemon.ask(directory, ControlRequest(.probeWorkers)).compactMap(\.probe)
    #expect(probes.map(\.result) == ["dead"])
    try await onLoop { await test.daemon.stop() }
  }

  @Test func asManyAsAreBoundedAreAddedAndWithoutAFolderNoneIsSaved() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    let unsaved = thrown(ControlError.self) { try Self.add("saved", to: directory, isSaved: true) }
    #expect(unsaved?.description == "this mtor keeps no state: nothing can be saved")
    for number in 1...Workforce.addedMax { try Self.add("w\(number)", to: directory) }
    let refused = thrown(ControlError.self) { try Self.add("more", to: directory) }
    #expect(refused?.description == "64 workers were added already. Write them into the configuration")
    try await onLoop { await test.daemon.stop() }
  }

  /// What the configuration's check does not see, or a worker that was added without it.
  static let unusable: [(WorkerSettings, String)] = [
    (
      WorkerSettings(name: "a", kind: .openai, place: .child(argv: ["llama"])),
      "kind openai is found elsewhere"
    ),
    (
      WorkerSettings(name: "a", kind: .wyoming, place: .child(argv: ["mtor-speech"])),
      "its program is started with the next start of mtor"
    ),
    (WorkerSettings(name: "a", kind: .openai, place: .url("ftp://host")), "write http://HOST"),
    (
      {
        var settings = WorkerSettings(name: "a", kind: .openai, place: .url("http://host"))
        settings.keyFile = "llm.key"
        return settings
      }(), "credential llm.key: there are none (LoadCredential= in the unit), or write a path"
    ),
  ]

  @Test(arguments: unusable.indices) func aWorkerThatCannotBeUsedSaysWhy(_ index: Int) async throws {
    let (settings, text) = Self.unusable[index]
    let result = try await onLoop { await WorkerFactory().worker(settings).probe(until: .distantFuture) }
    guard case .dead(let failure) = result else {
      Issue.record("it is alive")
      return
    }
    #expect(failure.text.contains(text), "\(failure)")
  }

  @Test func aKeyThatIsNotThereIsTheWorkersTroubleAlone() async throws {
    let secret = TemporaryDirectory()
    let keys = [
      "  none: {kind: openai, url: \"http://127.0.0.1:9\", realms: $CHAT, key_file: \(secret.file("none"))}",
      "  empty: {kind: rentahal, url: \"127.0.0.1:9\", realms: $CHAT, key_file: \(secret.write("empty", "\n"))}",
    ]
    let test = try await onLoop { try TestDaemon(Self.configuration(keys.joined(separator: "\n") + "\n")) }
    let directory = test.directory
    let probes = try TestDaemon.ask(directory, ControlRequest(.probeWorkers)).compactMap(\.probe)
    let troubles = Dictionary(uniqueKeysWithValues: probes.map { ($0.worker, $0.trouble ?? "") })
    #expect(troubles["none"]?.contains("No such file or directory") == true, "\(troubles)")
    #expect(troubles["empty"]?.contains("is empty") == true, "\(troubles)")
    _ = try TestDaemon.ask(directory, ControlRequest(.ask, text: "turn on the lamp"))
    try await onLoop { await test.daemon.stop() }
  }
}
