// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Runtime
import TestSupport
import Testing

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
