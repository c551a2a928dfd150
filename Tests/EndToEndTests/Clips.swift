// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import Simulation
import TestSupport
import Time
import Workers
import Wyoming

/// What people say: flite's voice from the offline worker over a room's noise, 16 kHz mono.
@LoopActor enum Clips {
  /// Each text in a clip of its own; a bar stands for a short pause: `hey jarvis|good night`.
  static func speak(_ texts: String...) async throws -> [[Int16]] {
    try await withWorker { service in
      var clips: [[Int16]] = []
      for text in texts {
        var scene = SoundScene(noiseDBFS: -55, seed: 1)
        scene.appendPause(seconds: 0.5)
        for part in text.split(separator: "|") {
          scene.appendSpeech(try await speech("\(part)", "slt", service))
          scene.appendPause(seconds: 0.2)
        }
        scene.appendPause(seconds: 0.6)
        clips.append(scene.samples)
      }
      return clips
    }
  }

  /// Runs `body` with an offline worker that is ready.
  static func withWorker<Success>(
    in directory: TemporaryDirectory = TemporaryDirectory(), environment: [String] = [],
    _ body: @LoopActor (WyomingService) async throws -> Success
  ) async throws -> Success {
    let endpoint = Endpoint.unix(path: directory.file("clips.sock"))
    let program = Program(
      [Programs.path("mtor-speech"), "--uri", "\(endpoint)"],
      environment: environment + Programs.environment)
    let child = try Child(program) { _ in }
    defer { child.stop() }
    let service = WyomingService(name: "clips", endpoint: endpoint)
    let limit = LoopActor.shared.loop.now + Node.patience
    while true {
      do {
        _ = try await service.describe(until: limit)
        break
      } catch {
        if LoopActor.shared.loop.now > limit { throw error }
        try await LoopActor.shared.loop.sleep(for: .milliseconds(5))
      }
    }
    return try await body(service)
  }

  /// Noise alone.
  static func quiet(seconds: Double) -> [Int16] {
    var scene = SoundScene(noiseDBFS: -55, seed: 2)
    scene.appendPause(seconds: seconds)
    return scene.samples
  }

  static func speech(_ text: String, _ voice: String, _ service: WyomingService) async throws -> [Int16] {
    let box = Box()
    let speech = TextToSpeechClient(service)
      .synthesize(text, voice: WyomingVoice(name: voice), until: LoopActor.shared.loop.now + Node.patience)
    speech.onStart = { box.sound = Sound(rateHz: $0.rateHz, channels: $0.channels, samples: []) }
    speech.onSamples = { box.sound.samples += $0 }
    try await speech.finished()
    return try box.sound.asCaptured()
  }

  @LoopActor private final class Box {
    var sound = Sound(rateHz: 16_000, channels: 1, samples: [])
  }
}
