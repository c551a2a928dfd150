// SPDX-License-Identifier: Apache-2.0
import Loop
import Runtime
import TestSupport
import Testing
import Time
import Workers

@Suite struct ListeningTests {
  /// In silence frames go together, across the end of the ring too; with speech what waits goes along.
  @Test func theWakeEngineHearsEachSampleOnceAndInOrder() async throws {
    try await onLoop {
      let directory = TemporaryDirectory()
      let path = directory.file("wake.sock")
      let engine = try ScriptedService(.unix(path: path), offers: [.wake]) { _, _ in }
      let microphone = ScriptedMicrophone()
      let test = try TestDaemon(
        """
        board: sim
        speaker: {device: "off"}
        services: {wake: ears}
        workers:
          ears: {url: "unix://\(path)"}
          speech: {url: "unix:///nowhere"}
        """, microphone: microphone)
      let loop = LoopActor.shared.loop
      let limit = loop.now + .seconds(20)
      while engine.events.isEmpty, loop.now < limit { try await loop.sleep(for: .milliseconds(2)) }
      var random = SeededGenerator(seed: 1)
      var said: [Int16] = []
      for frame in 0..<600 {
        let isLoud = frame > 260 && frame % 97 < 20
        let samples = (0..<320).map { _ in Int16.random(in: isLoud ? -8000...8000 : -40...40, using: &random)
        }
        said += samples
        microphone.say(samples)
        // No more than the socket holds; three frames may wait for the next.
        while engine.samples.count < said.count - 3 * 320, loop.now < limit {
          try await loop.sleep(for: .milliseconds(1))
        }
      }
      #expect(engine.samples.count >= said.count - 3 * 320)
      let isSame = engine.samples.elementsEqual(said.prefix(engine.samples.count))
      #expect(isSame)
      await test.daemon.stop()
      engine.server.stop()
    }
  }
}

/// Gives what a test says.
@LoopActor private final class ScriptedMicrophone: Microphone {
  var onFrame: (@LoopActor (UnsafeBufferPointer<Int16>, Instant) -> Void)?
  var onEvent: (@LoopActor (AudioEvent) -> Void)?

  func start() {}
  func stop() {}

  func say(_ samples: [Int16]) {
    samples.withUnsafeBufferPointer { onFrame?($0, LoopActor.shared.loop.now) }
  }
}
