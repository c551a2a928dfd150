// SPDX-License-Identifier: Apache-2.0
import Configuration
import Loop
import Runtime
import TestSupport
import Testing

/// A worker that falls silent and comes back, as automations hear of it.
@Suite(.serialized) struct HealthTriggerTests {
  private static let configuration = """
    board: sim
    speaker: {device: "off"}
    gpio:
      away: {output: GPIO5}
      back: {output: GPIO6}
      realm_away: {output: GPIO7}
      asked: {output: GPIO8}
    workers:
      llm: {kind: openai, url: "URL/v1", realms: $CHAT, model: small, probe_interval: 1s}
    automations:
      away: {on: {trigger: worker.llm, is: down}, do: {set: away, to: on}}
      back: {on: {trigger: worker.llm, is: up}, do: {set: back, to: on}}
      realm: {on: {trigger: realm.$CHAT, is: down}, do: {set: realm_away, to: on}}
      asked:
        on: webhook.asked
        if: worker.llm == 'up' and realm.$CHAT == 'up'
        do: {set: asked, to: on}
    """

  @Test func aWorkerThatFallsSilentAndComesBackStartsAutomations() async throws {
    let receiver = try Receiver()
    let text = Self.configuration.replacing("URL", with: receiver.url)
    let test = try await onLoop { try TestDaemon(text) }
    let lines = ["asked", "away", "back", "realm_away"]
    #expect(
      try await comesTrue {
        _ = try TestDaemon.ask(test.directory, ControlRequest(.hook, name: "asked"))
        return try await onLoop { test.lines.isOn("asked") == true }
      })
    // The first value is no change.
    #expect(try await onLoop { lines.filter { test.lines.isOn($0) == true } } == ["asked"])
    receiver.answer("cut")
    #expect(try await eventually { test.lines.isOn("away") == true && test.lines.isOn("realm_away") == true })
    #expect(try await onLoop { test.lines.isOn("back") } == false)
    receiver.answer("200")
    #expect(try await eventually { test.lines.isOn("back") == true })
    try await onLoop { await test.daemon.stop() }
  }
}
