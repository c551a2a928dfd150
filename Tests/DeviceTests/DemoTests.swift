// SPDX-License-Identifier: Apache-2.0
import ALSA
import Configuration
import Loop
import Runtime
import Simulation
import TestSupport
import Testing

extension DeviceTests {
  /// What keeps the demo from playing, on the kernel's sound loopback.
  @Suite struct DemoTests {
    struct Obstacle: Sendable, CustomTestStringConvertible {
      /// What the speech worker says to everyone; nil: there is none.
      var says: String?
      var isConfigured = true
      /// Somebody else has the PCM that the demo plays to.
      var isBusy = false
      let text: String
      var testDescription: String { text }
    }

    static let obstacles = [
      Obstacle(isConfigured: false, text: "the configuration has no text-to-speech worker"),
      Obstacle(text: "Is it running?"),
      Obstacle(says: info(voices: ""), text: "the speech worker offers no voice"),
      Obstacle(
        says: info(voices: #"{"name": "anna", "languages": ["en"]}"#), isBusy: true,
        text: "the scenes could not be played: speaker plughw:CARD=Loopback,DEV=0,SUBDEV=0 is busy"),
    ]

    private static func info(voices: String) -> String {
      #"{"type": "info", "data": {"tts": [{"name": "any", "voices": [\#(voices)]}]}}"# + "\n"
    }

    @Test(arguments: obstacles) func whatKeepsItFromPlayingIsSaid(_ obstacle: Obstacle) async throws {
      try await onLoop {
        let directory = TemporaryDirectory()
        let worker = try obstacle.says.map { try RawPeer(directory, says: Array($0.utf8), then: .hold) }
        defer { worker?.stop() }
        let text = """
          board: sim
          voice: {wake: button}
          workers: {any: {url: "unix://\(directory.file("raw.sock"))"}}
          services: {wake: any, speech_to_text: any, text_to_speech: any}
          """
        var settings = try ConfigurationReader().read(text: text, name: "demo.yml", board: nil)
        if !obstacle.isConfigured { settings.workers = [] }
        let wish = PCMWish(rateHz: 16_000, channels: 1, period: .milliseconds(20), buffer: .milliseconds(200))
        let holder = obstacle.isBusy ? try PCM.open("hw:Loopback,0,0", .playback, wish) : nil
        defer { holder?.close() }
        let demo = Demo(settings, directory: directory.path, scenes: [], workerMax: .milliseconds(200))
        do {
          _ = try await demo.run()
          Issue.record("it was played")
        } catch { #expect("\(error)".contains(obstacle.text), "\(error)") }
      }
    }
  }
}
