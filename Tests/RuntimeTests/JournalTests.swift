// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Glibc
import Intents
import JSON
import Loop
import Simulation
import TestSupport
import Testing
import Time

@testable import Runtime
@testable import Store

/// What a daemon leaves in its journal.
@Suite struct JournalTests {
  private static func rows(_ directory: TemporaryDirectory) throws -> [JournalRow] {
    var rows: [JournalRow] = []
    _ = try JournalReader.open(directory.file("state/mtor.db")).visit(after: 0) {
      rows.append($0)
      return true
    }
    return rows
  }

  /// Kinds and bodies of the rows, as `kind {…}`.
  private static func texts(_ directory: TemporaryDirectory) throws -> [String] {
    try rows(directory).map { "\($0.kind) \(String(decoding: $0.body, as: UTF8.self))" }
  }

  @Test func aStartAnAutomationAndTheEndAreInIt() async throws {
    let directory = TemporaryDirectory()
    try await onLoop {
      let test = try TestDaemon(directory: directory, state: directory.file("state"))
      _ = test.lines.drive("doorbell", true)
      let loop = LoopActor.shared.loop
      let limit = loop.now + .seconds(10)
      while test.daemon.lines.state().first(where: { $0.settings.name == "porch" })?.isOn != true {
        try #require(loop.now < limit)
        try await loop.sleep(for: .milliseconds(2))
      }
      await test.daemon.stop()
    }
    let texts = try Self.texts(directory)
    #expect(texts.first == #"boot {"board":"sim","node":"mtor","version":"0.1.0"}"#)
    #expect(texts.contains(#"gesture {"gesture":"press","line":"doorbell"}"#))
    #expect(texts.contains(#"rule.started {"rule":"rings","run":1,"trigger":"gpio.doorbell.press"}"#))
    #expect(texts.contains(#"rule.ended {"rule":"rings","run":1,"steps":["pulse porch for 50ms"]}"#))
    #expect(texts.last == "shutdown {}")
    #expect(try JournalReader.open(directory.file("state/mtor.db")).verify().isGood)
  }

  @Test func intentsAndTheirOutcomesAreInItWithoutWhatWasSaid() async throws {
    let directory = TemporaryDirectory()
    let test = try await onLoop { try TestDaemon(directory: directory, state: directory.file("state")) }
    _ = try TestDaemon.ask(directory, ControlRequest(.ask, text: "turn on the lamp"))
    _ = thrown(ControlError.self) { try TestDaemon.ask(directory, ControlRequest(.ask, text: "sing a song")) }
    try await onLoop { await test.daemon.stop() }
    let rows = try Self.rows(directory)
    #expect(rows.filter { $0.kind == "intent" }.map { $0.members["id"] } == ["ask-1", "ask-2"])
    let outcomes = rows.filter { $0.kind == "outcome" }.map { $0.members["outcome"] }
    #expect(outcomes == ["completed", "rejected"])
    #expect(try !Self.texts(directory).contains { $0.contains("lamp") && $0.hasPrefix("intent") })
  }

  @Test func aStoreThatCannotBeUsedKeepsNobodyFromWorking() async throws {
    let directory = TemporaryDirectory()
    directory.write("state", "in the way")
    let test = try await onLoop { try TestDaemon(directory: directory, state: directory.file("state")) }
    let replies = try TestDaemon.ask(directory, ControlRequest(.ask, text: "turn on the lamp"))
    #expect(replies.last?.done != nil)
    let isTold = try await eventually { test.daemon.status().store?.problem?.contains("state") == true }
    #expect(isTold)
    #expect(try await onLoop { test.lines.isOn("lamp") } == true)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aReloadIsInItAndARefusedOneToo() async throws {
    let directory = TemporaryDirectory()
    try await onLoop {
      let test = try TestDaemon(directory: directory, state: directory.file("state"))
      var settings = test.daemon.settings
      settings.microphone.rateHz = 48_000
      try await test.daemon.reload(settings)
      test.daemon.record(.reloadRefused("f:1: no"))
      await test.daemon.stop()
    }
    let texts = try Self.texts(directory)
    #expect(texts.contains(#"configuration.taken {"later":["microphone"]}"#))
    #expect(texts.contains(#"configuration.refused {"reason":"f:1: no"}"#))
  }

  @Test func aKeyInACredentialSignsTheHeads() throws {
    let directory = TemporaryDirectory()
    let environment: (String) -> String? = { $0 == "CREDENTIALS_DIRECTORY" ? directory.path : nil }
    #expect(StoreSettings.signingKey(environment: environment) == nil)
    directory.write("mtor-store-key", String(repeating: "07", count: 32) + "\n")
    #expect(StoreSettings.signingKey(environment: environment) != nil)
    directory.write("mtor-store-key", "secret")
    #expect(StoreSettings.signingKey(environment: environment) == nil)
  }

  static let environments: [([String: String], String)] = [
    (["MTOR_STATE_DIR": "/a", "STATE_DIRECTORY": "/b"], "/a"),
    (["STATE_DIRECTORY": "/b:/c", "MTOR_RUNTIME_DIR": "/d"], "/b"),
    (["MTOR_RUNTIME_DIR": "/d"], "/d/state"),
  ]

  @Test(arguments: environments) func theStateDirectoryIsWhereTheEnvironmentSays(
    _ environment: [String: String], _ path: String
  ) {
    #expect(StateDirectory.path { environment[$0] } == path)
  }
}
