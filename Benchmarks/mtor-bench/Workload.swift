// SPDX-License-Identifier: Apache-2.0
import Automation
import CBench
import Loop
import Speech
import Time

/// Something done many times, for a tool that counts instructions instead of taking the time.
struct Workload: Sendable {
  let name: String
  let run: @Sendable @LoopActor (_ count: Int) async throws -> Void

  static let all =
    [
      Workload(name: "loop.fd_dispatch") { try await PipeRelay().run($0) },
      Workload(name: "c.fd_dispatch") { _ = cb_relay(Int32($0)) },
      Workload(name: "uv.fd_dispatch") { _ = cb_uv_relay(Int32($0)) },
      Workload(name: "timer.add_cancel") { _ = addAndCancel($0) },
      Workload(name: "gesture.edge") { edges($0) },
      Workload(name: "voice.frame") { frames($0) },
      Workload(name: "store.append") { try await append($0) },
      Workload(name: "c.store_append") { try plainAppend($0) },
    ] + http

  static func named(_ name: String) -> Workload? { all.first { $0.name == name } }

  /// Clicks of a button, 100 ms each.
  @LoopActor private static func edges(_ count: Int) {
    var machine = GestureMachine(LineSettings(name: "button", direction: .input, line: "0"))
    var now = Instant(nanoseconds: 1)
    for index in 0..<count {
      now = now + .milliseconds(100)
      _ = machine.handle(index % 2 == 0, at: now)
    }
  }

  /// Frames of 20 ms through the voice activity detector and the voice machine; a word every two seconds.
  @LoopActor private static func frames(_ count: Int) {
    var random = SeededGenerator(seed: 1)
    let levels: [Int16] = [40, 6000]
    let sounds = levels.map { level in
      (0..<AudioFormat.frameSamples).map { _ in Int16.random(in: -level...level, using: &random) }
    }
    var activity = VoiceActivity()
    var machine = VoiceMachine(settings: VoiceSettings())
    for index in 1...max(1, count) {
      sounds[index % 100 < 20 ? 1 : 0].withUnsafeBufferPointer { samples in
        let isSpeech = activity.isSpeech(samples)
        let end = SamplePosition(index * AudioFormat.frameSamples)
        let frame = VoiceFrame(isSpeech: isSpeech, isNoisy: activity.isNoisy, end: end)
        _ = machine.handle(.frame(frame), at: Instant(nanoseconds: UInt64(index) * 20_000_000))
      }
    }
  }
}
