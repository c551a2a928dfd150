// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Simulation
import Time

/// A private sound server whose microphone hears a room's noise. Made once, when the first case
/// needs it; `close` at the end of the benchmark.
@LoopActor final class Studio {
  /// The room's noise, as in the demo.
  nonisolated static let noiseDBFS = -52.0
  private static var made: Studio?

  /// For sockets and files; the paths below it are short enough for a socket.
  let directory: String
  private let server = SoundServer()
  private var noise: Child?

  static func open() async throws -> Studio {
    if let made { return made }
    let studio = Studio(try Directory.makePrivate(in: "/tmp", prefix: "mtor-bench"))
    try await studio.server.start(in: "\(studio.directory)/sound")
    made = studio
    return studio
  }

  static func close() {
    made?.setNoise(false)
    made?.server.stop()
    if let made { ci_remove_tree(made.directory) }
    made = nil
  }

  private init(_ directory: String) { self.directory = directory }

  func setNoise(_ isOn: Bool) {
    if isOn == (noise != nil) { return }
    noise?.stop()
    noise = isOn ? try? Child(Program([executablePath(), "--feed-noise", "micin"])) { _ in } : nil
  }

  /// The benchmark's other self: plays noise until it is ended.
  static func feedNoise(_ device: String) async throws -> Int32 {
    let loop = LoopActor.shared.loop
    var scene = SoundScene(noiseDBFS: noiseDBFS, seed: 1)
    scene.appendPause(seconds: 10)
    let speaker = ALSASpeaker(device: device, settings: SpeakerSettings())
    speaker.begin(rateHz: SoundScene.rateHz, channels: 1)
    var due = loop.now
    while true {
      scene.samples.withUnsafeBufferPointer { speaker.write($0) }
      // Stays ten seconds ahead of what is heard.
      try await loop.sleep(until: due)
      due = due + .seconds(10)
    }
  }
}
