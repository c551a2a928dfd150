// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Simulation
import Time

/// A private sound server whose microphone hears a room. Made once, when the first case
/// needs it; `close` at the end of the benchmark.
@LoopActor final class Studio {
  /// What there is to hear besides silence: steady noise as in the demo, or syllables of noise over it, 28 dB
  /// louder, which is speech as far as voice activity can tell.
  enum Room: String { case noise, talk }

  nonisolated static let noiseDBFS = -52.0
  private static var made: Studio?

  /// For sockets and files; the paths below it are short enough for a socket.
  let directory: String
  private let server = SoundServer()
  private var feeder: (room: Room, child: Child)?

  static func open() async throws -> Studio {
    if let made { return made }
    let studio = Studio(try Directory.makePrivate(in: "/tmp", prefix: "mtor-bench"))
    try await studio.server.start(in: "\(studio.directory)/sound")
    made = studio
    return studio
  }

  static func close() {
    made?.setRoom(nil)
    made?.server.stop()
    if let made { ci_remove_tree(made.directory) }
    made = nil
  }

  private init(_ directory: String) { self.directory = directory }

  func setRoom(_ room: Room?) {
    if room == feeder?.room { return }
    feeder.take()?.child.stop()
    guard let room else { return }
    let program = Program([executablePath(), "--feed", room.rawValue, "micin"])
    feeder = (try? Child(program) { _ in }).map { (room, $0) }
  }

  /// The benchmark's other self: plays what a room sounds like until it is ended.
  static func feed(_ room: Room, _ device: String) async throws -> Int32 {
    let loop = LoopActor.shared.loop
    var scene = SoundScene(noiseDBFS: noiseDBFS, seed: 1)
    switch room {
    case .noise: scene.appendPause(seconds: 10)
    case .talk:
      var syllable = SoundScene(noiseDBFS: -24, seed: 2)
      syllable.appendPause(seconds: 0.25)
      for _ in 0..<25 {
        scene.appendSpeech(syllable.samples, speechDBFS: -24)
        scene.appendPause(seconds: 0.15)
      }
    }
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
