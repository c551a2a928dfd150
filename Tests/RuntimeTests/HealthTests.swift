// SPDX-License-Identifier: Apache-2.0
import Configuration
import Loop
import Runtime
import Simulation
import Speech
import TestSupport
import Testing
import Time

/// What keeps systemd's watchdog from being fed, and what does not.
@Suite struct HealthTests {
  @Test func anOpenMicrophoneThatDeliversNothingIsTroubleAndOneThatIsAwayIsNot() async throws {
    try await onLoop {
      let microphone = HandMicrophone()
      let directory = TemporaryDirectory()
      let text = TestDaemon.configuration + "\nworkers: {speech: {url: \"unix:///nowhere\"}}\n"
      let settings = try ConfigurationReader().read(text: text, name: "test.yml")
      let daemon = try Daemon(
        settings, devices: Devices(microphone: microphone, speaker: nil, lines: SimulatedLines()),
        directory: directory.path)
      try daemon.start()
      let long = Daemon.silenceMax + .seconds(1)
      #expect(daemon.trouble == nil)
      microphone.onEvent?(.opened("a microphone"))
      microphone.hear(ago: .zero)
      #expect(daemon.trouble == nil)
      microphone.hear(ago: long)
      #expect(daemon.trouble == "the microphone is open and delivers nothing")
      #expect(daemon.status().trouble == daemon.trouble)
      for event in [AudioEvent.suspended, .unplugged, .unavailable("busy"), .ended] {
        microphone.onEvent?(.opened("a microphone"))
        microphone.hear(ago: long)
        microphone.onEvent?(event)
        #expect(daemon.trouble == nil, "\(event)")
      }
      microphone.onEvent?(.resumed)
      microphone.onEvent?(.xrun(total: 1))
      microphone.hear(ago: long)
      #expect(daemon.trouble != nil)
      await daemon.stop()
      #expect(daemon.trouble == nil)
    }
  }
}

/// Hears what a test gives it.
@LoopActor private final class HandMicrophone: Microphone {
  var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  var onEvent: (@LoopActor (AudioEvent) -> Void)?
  private let silence = [Int16](repeating: 0, count: AudioFormat.frameSamples)

  func start() {}
  func stop() {}

  func hear(ago: Duration) {
    silence.withUnsafeBufferPointer { onFrame?($0, LoopActor.shared.loop.now - ago) }
  }
}
