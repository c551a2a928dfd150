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
    let directory = TemporaryDirectory()
    let endpoint = Endpoint.unix(path: directory.file("clips.sock"))
    let program = Program([Programs.path("mtor-speech"), "--uri", "\(endpoint)"])
    let child = try Child(program) { _ in }
    defer { child.signal(SIGKILL) }
    let service = WyomingService(name: "clips", endpoint: endpoint)
    let voice = try await voice(of: service)
    var clips: [[Int16]] = []
    for text in texts {
      var scene = SoundScene(noiseDBFS: -55, seed: 1)
      scene.appendPause(seconds: 0.5)
      for part in text.split(separator: "|") {
        scene.appendSpeech(try await speech("\(part)", voice, service))
        scene.appendPause(seconds: 0.2)
      }
      scene.appendPause(seconds: 0.6)
      clips.append(scene.samples)
    }
    return clips
  }

  /// Noise alone.
  static func quiet(seconds: Double) -> [Int16] {
    var scene = SoundScene(noiseDBFS: -55, seed: 2)
    scene.appendPause(seconds: seconds)
    return scene.samples
  }

  private static func voice(of service: WyomingService) async throws -> WyomingVoice {
    let loop = LoopActor.shared.loop
    let limit = loop.now + Node.patience
    while true {
      do {
        let names = try await service.describe(until: limit)[.tts].flatMap(\.models).map(\.name)
        return WyomingVoice(name: names.first { $0.contains("slt") } ?? "slt")
      } catch {
        if loop.now > limit { throw error }
        try await loop.sleep(for: .milliseconds(5))
      }
    }
  }

  private static func speech(
    _ text: String, _ voice: WyomingVoice, _ service: WyomingService
  ) async throws -> [Int16] {
    let box = Box()
    let speech = TextToSpeechClient(service)
      .synthesize(text, voice: voice, until: LoopActor.shared.loop.now + Node.patience)
    speech.onStart = { box.sound = Sound(rateHz: $0.rateHz, channels: $0.channels, samples: []) }
    speech.onSamples = { box.sound.samples += $0 }
    try await speech.finished()
    return try box.sound.asCaptured()
  }

  @LoopActor private final class Box {
    var sound = Sound(rateHz: 16_000, channels: 1, samples: [])
  }
}
