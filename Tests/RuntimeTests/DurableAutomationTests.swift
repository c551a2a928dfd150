// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import JSON
import Loop
import Posix
import Runtime
import Simulation
import Store
import TestSupport
import Testing
import Time

/// Automations of a whole daemon over its restarts.
@Suite(.serialized) struct DurableAutomationTests {
  private static let configuration = """
    board: sim
    speaker: {device: "off"}
    gpio:
      bell: {input: GPIO17}
      door: {input: GPIO18, kind: contact}
      lamp: {output: GPIO5}
      porch: {output: GPIO6}
      siren: {output: GPIO7}
    sensors:
      cellar: {file: "FOLDER/cel*", scale: 0.001, every: 100ms}
    automations:
      rings: {on: gpio.bell.press, do: [{set: lamp, to: on}, {await: webhook.go}, {set: porch, to: on}]}
      opens: {on: {trigger: gpio.door.press, for: 1s}, do: {set: siren, to: on}}
      asks: {on: webhook.ask, do: [{approve: Really?, timeout: 1min}, {set: siren, to: on}]}
      fails: {on: webhook.fail, on_failure: stop, do: [{run: [test, -e, FOLDER/there]}, {set: siren, to: on}]}
      warm: {on: {trigger: sensor.cellar, above: 30}, do: {set: siren, to: on}}
    """

  private func text(_ directory: TemporaryDirectory) -> String {
    Self.configuration.replacing("FOLDER", with: directory.path)
  }

  private func isOn(_ test: TestDaemon, _ line: String) async throws -> Bool {
    try await onLoop { test.lines.isOn(line) == true }
  }

  @Test func aWaitGoesOnAfterARestart() async throws {
    let directory = TemporaryDirectory()
    let state = directory.file("state")
    mkdir(state, 0o700)
    let first = try await onLoop { try TestDaemon(text(directory), state: state) }
    try await onLoop { _ = first.lines.drive("bell", true) }
    #expect(
      try await eventually { first.lines.isOn("lamp") == true && !first.daemon.automations.running.isEmpty })
    try await onLoop { await first.daemon.stop() }
    #expect(try await !isOn(first, "porch"))
    let second = try await onLoop { try TestDaemon(text(directory), state: state) }
    #expect(try await eventually { !second.daemon.automations.reports.isEmpty })
    _ = try TestDaemon.ask(second.directory, ControlRequest(.hook, name: "go"))
    #expect(try await eventually { second.lines.isOn("porch") == true })
    // What was done before is not done again: the wait was stored after it.
    #expect(try await !isOn(second, "lamp"))
    #expect(try await eventually { second.daemon.automations.running.isEmpty })
    try await onLoop { await second.daemon.stop() }
    let kinds = try rows(state).map(\.kind).filter { $0.hasPrefix("rule") }
    #expect(kinds == ["rule.started", "rule.waiting", "rule.ended"])
  }

  @Test func whatHoldsGoesOnHolding() async throws {
    let directory = TemporaryDirectory()
    let state = directory.file("state")
    mkdir(state, 0o700)
    let first = try await onLoop { try TestDaemon(text(directory), state: state) }
    try await onLoop { _ = first.lines.drive("door", true) }
    #expect(try await eventually { first.daemon.store?.status.stored ?? 0 > 1 })
    try await onLoop { await first.daemon.stop() }
    let second = try await onLoop { try TestDaemon(text(directory), state: state) }
    try await onLoop { _ = second.lines.drive("door", true) }
    #expect(try await eventually { second.lines.isOn("siren") == true })
    try await onLoop { await second.daemon.stop() }
  }

  @Test func somebodyApprovesRetriesAndCancels() async throws {
    let directory = TemporaryDirectory()
    let state = directory.file("state")
    mkdir(state, 0o700)
    let test = try await onLoop { try TestDaemon(text(directory), state: state) }
    let there = test.directory
    func ask(_ request: ControlRequest) throws -> [ControlReply] { try TestDaemon.ask(there, request) }
    _ = try ask(ControlRequest(.hook, name: "ask"))
    #expect(try await eventually { !test.daemon.automations.reports.isEmpty })
    let run = try #require(try ask(ControlRequest(.tasks)).compactMap(\.runs).first?.first)
    #expect(run.state == "waiting" && run.on == "approve" && run.rule == "asks" && run.isDurable)
    #expect(run.deadlineInMS ?? 0 > 50_000)
    _ = try ask(ControlRequest(.approve, name: "\(run.run)"))
    #expect(try await eventually { test.lines.isOn("siren") == true })
    #expect(throws: ControlError.self) { try ask(ControlRequest(.approve, name: "\(run.run)")) }

    _ = try ask(ControlRequest(.hook, name: "fail"))
    #expect(try await eventually { test.daemon.automations.reports.first?.state == "failed" })
    let failed = try #require(try ask(ControlRequest(.tasks)).compactMap(\.runs).first?.first)
    close(open(directory.file("there"), O_CREAT | O_WRONLY, 0o600))
    _ = try ask(ControlRequest(.retry, name: "\(failed.run)"))
    #expect(try await eventually { test.daemon.automations.reports.isEmpty })

    _ = try ask(ControlRequest(.hook, name: "ask"))
    let other = try #require(try ask(ControlRequest(.tasks)).compactMap(\.runs).first?.first)
    _ = try ask(ControlRequest(.cancel, name: "\(other.run)"))
    #expect(try await eventually { test.daemon.automations.reports.isEmpty })
    for bad in [
      ControlRequest(.cancel, name: "x"), ControlRequest(.retry, name: "999"),
      ControlRequest(.hook, name: "none"),
      ControlRequest(.hook, text: "[1]", name: "ask"),
    ] { #expect(throws: ControlError.self) { try ask(bad) } }
    try await onLoop { await test.daemon.stop() }
  }

  /// One that waits for its commit, and a later one on the same line that need not.
  @Test func aLaterEffectOnALineIsNotOvertaken() async throws {
    let directory = TemporaryDirectory()
    let state = directory.file("state")
    mkdir(state, 0o700)
    let text = """
      board: sim
      speaker: {device: "off"}
      gpio: {lamp: {output: GPIO5}, porch: {output: GPIO6}}
      automations:
        durable: {on: webhook.a, mode: parallel, do: [{set: lamp, to: on}, {wait: 10ms}]}
        quick: {on: webhook.b, mode: parallel, do: {set: lamp, to: off}}
        other: {on: webhook.c, do: {set: porch, to: on}}
      """
    let test = try await onLoop { try TestDaemon(text, state: state) }
    let told = Locked<[String]>([])
    // Once they have begun.
    #expect(
      try await eventually {
        test.daemon.automations.fire(
          .webhook("c"), exchange: Exchange(id: nil, speechEnd: .zero, budget: .seconds(5)))
        return test.lines.isOn("porch") == true
      })
    try await onLoop {
      _ = test.daemon.lines.command("porch", .set(false))
      test.lines.onOutput = { line, percent, _ in told.withLock { $0.append("\(line) \(percent)") } }
      for _ in 0..<3 {
        for name in ["a", "b", "c"] {
          test.daemon.automations.fire(
            .webhook(name), exchange: Exchange(id: nil, speechEnd: .zero, budget: .seconds(5)))
        }
      }
      // Nobody waits for another line's commit.
      #expect(told.withLock { $0.contains("porch 100") && !$0.contains("lamp 100") })
    }
    #expect(try await eventually { test.daemon.automations.running.isEmpty })
    let lamp = told.withLock { $0.filter { $0.hasPrefix("lamp") } }
    #expect(lamp.first == "lamp 100" && lamp.last == "lamp 0", "\(lamp)")
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aSensorCrossesItsLimit() async throws {
    let directory = TemporaryDirectory()
    let file = directory.file("cellar")
    func write(_ text: String) {
      let fd = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
      _ = text.withCString { Glibc.write(fd, $0, strlen($0)) }
      close(fd)
    }
    write("29000\n")
    let test = try await onLoop { try TestDaemon(text(directory)) }
    try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(250)) }
    #expect(try await !isOn(test, "siren"))
    write("31000\n")
    #expect(try await eventually { test.lines.isOn("siren") == true })
    try await onLoop { await test.daemon.stop() }
  }

  private func rows(_ state: String) throws -> [JournalRow] {
    var rows: [JournalRow] = []
    let reader = try JournalReader.open(StorePaths(directory: state).main)
    _ = try reader.visit(after: 0) { row in
      rows.append(row)
      return true
    }
    return rows
  }
}
