// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import TestSupport
import Testing

@testable import Runtime

@Suite(.serialized) struct AutomationsTests {
  @Test func aRuleOfALineKnowsTheTimeAndTheDate() async throws {
    let directory = TemporaryDirectory()
    let text = TestDaemon.configuration.replacing(
      "- pulse: porch\n        for: 50ms", with: "- run: [mkdir, -p, \"\(directory.path)/said/{date}\"]")
    let test = try await onLoop { try TestDaemon(text) }
    try await onLoop { _ = test.lines.drive("doorbell", true) }
    #expect(try await eventually { test.daemon.automations.running.isEmpty })
    #expect(access(directory.file("said"), F_OK) == 0)
    #expect(access(directory.file("said/{date}"), F_OK) != 0)
    try await onLoop { await test.daemon.stop() }
  }

  /// The store is still being opened.
  @Test func clicksBeforeTheBeginningAreAllDone() async throws {
    let state = TemporaryDirectory()
    let text = """
      board: sim
      speaker: {device: "off"}
      gpio:
        doorbell: {input: GPIO17}
        lamp: {output: GPIO5}
      automations:
        counts: {on: gpio.doorbell.release, do: [{toggle: lamp}]}
      """
    let test = try await onLoop {
      let test = try TestDaemon(text, state: state.path)
      for index in 0..<4 { test.lines.drive("doorbell", index % 2 == 0) }
      return test
    }
    try await onLoop {
      #expect(test.lines.isOn("lamp") == false)
      await test.daemon.automations.hasBegun(within: .seconds(20))
      #expect(test.lines.isOn("lamp") == false)
      test.lines.drive("doorbell", true)
      test.lines.drive("doorbell", false)
      #expect(test.lines.isOn("lamp") == true)
      await test.daemon.stop()
    }
  }

  @Test func nothingIsTakenOverOnceTheEndHasBegun() async throws {
    let test = try await onLoop { try TestDaemon() }
    try await onLoop {
      await test.daemon.stop()
      var settings = test.daemon.settings
      settings.lines = []
      try await test.daemon.reload(settings)
      #expect(!test.daemon.settings.lines.isEmpty)
    }
  }
}
