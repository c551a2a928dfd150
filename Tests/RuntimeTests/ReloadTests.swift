// SPDX-License-Identifier: Apache-2.0
import Configuration
import Loop
import Posix
import Runtime
import Store
import TestSupport
import Testing
import Time

@Suite(.serialized) struct ReloadTests {
  @Test func newCommandsLinesAndRulesHoldAtOnce() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    let new = TestDaemon.configuration
      .replacing("turn on [the] {thing}", with: "(light|wake) [the] {thing}")
      .replacing("porch: {output: GPIO6, safe: on}", with: "porch: {output: GPIO6}")
    let settings = try ConfigurationReader().read(text: new, name: "new.yml")
    try await onLoop { try await test.daemon.reload(settings) }
    #expect(try await onLoop { test.lines.isOn("porch") } == false)
    #expect(throws: ControlError.self) {
      try TestDaemon.ask(directory, ControlRequest(.ask, text: "turn on the lamp"))
    }
    _ = try TestDaemon.ask(directory, ControlRequest(.ask, text: "light the lamp"))
    #expect(try await onLoop { test.lines.isOn("lamp") } == true)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func settingsThatCannotBeUsedChangeNothing() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    await #expect(throws: SoundError.self) {
      try await onLoop {
        var settings = test.daemon.settings
        settings.sounds.failure = "/nonexistent.wav"
        settings.commands = []
        try await test.daemon.reload(settings)
      }
    }
    _ = try TestDaemon.ask(directory, ControlRequest(.ask, text: "turn on the lamp"))
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aRunOfTheOldRulesEndsWithTheReload() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    let refusal = Locked<ControlError?>(nil)
    let asked = DetachedThread {
      do throws(ControlError) {
        _ = try TestDaemon.ask(directory, ControlRequest(.ask, text: "be slow"))
      } catch { refusal.withLock { $0 = error } }
    }
    #expect(try await eventually { !test.daemon.automations.running.isEmpty })
    try await onLoop {
      var settings = test.daemon.settings
      settings.automations.removeAll { $0.name == "slow" }
      settings.commands.removeAll { $0.name == "slow" }
      try await test.daemon.reload(settings)
    }
    asked.join()
    #expect(refusal.withLock { $0 } == ControlError("the configuration was changed", isRefusal: true))
    try await onLoop { await test.daemon.stop() }
  }

  @Test func anotherTimeZoneHoldsAtOnce() async throws {
    let hour = (Stamp.now.wall / 3_600_000_000_000 + 12) % 24
    let text = """
      board: sim
      time_zone: UTC
      speaker: {device: "off"}
      gpio: {lamp: {output: GPIO5}}
      automations:
        there:
          on: webhook.there
          if: abs(hour() - \(hour)) <= 1 or abs(hour() - \(hour)) >= 23
          do: {set: lamp, to: on}
      """
    let test = try await onLoop { try TestDaemon(text) }
    _ = try TestDaemon.ask(test.directory, ControlRequest(.hook, name: "there"))
    #expect(try await onLoop { test.lines.isOn("lamp") } == false)
    let new = text.replacing("UTC", with: "Etc/GMT-12")
    let settings = try ConfigurationReader().read(text: new, name: "new.yml")
    try await onLoop { try await test.daemon.reload(settings) }
    _ = try TestDaemon.ask(test.directory, ControlRequest(.hook, name: "there"))
    #expect(try await onLoop { test.lines.isOn("lamp") } == true)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func linesWhoseSettingsStayAreNotTouchedByAReload() async throws {
    let test = try await onLoop { try TestDaemon() }
    let new = TestDaemon.configuration
      .replacing("porch: {output: GPIO6, safe: on}", with: "porch: {output: GPIO6}\n  hall: {output: GPIO7}")
    let settings = try ConfigurationReader().read(text: new, name: "new.yml")
    try await onLoop {
      #expect(test.daemon.lines.command("lamp", .set(true)))
      #expect(test.lines.drive("doorbell", true))
      var changed: [String] = []
      test.lines.onOutput = { line, _, _ in changed.append(line) }
      try await test.daemon.reload(settings)
      #expect(changed == ["porch", "porch", "hall"])
      #expect(test.lines.isOn("lamp") == true && test.lines.isOn("doorbell") == true)
      let states = test.daemon.lines.state()
      #expect(states.map(\.settings.name) == ["doorbell", "lamp", "porch", "hall"])
      #expect(states[0].edges == 1)
      await test.daemon.stop()
    }
  }
}
