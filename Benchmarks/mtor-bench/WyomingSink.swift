// SPDX-License-Identifier: Apache-2.0
import CBench
import CInstruments
import Glibc
import Loop
import Posix
import Speech
import Time
import Wyoming
import WyomingTransport

/// The far end of the audio: a Wyoming wake service, in a process of its own, that only notes when
/// each frame came and what taking it allocated.
@LoopActor final class WyomingSink {
  /// Words of the shared memory: 1 when a client waits for wake words; for each frame its arrival,
  /// and what had been allocated by then.
  nonisolated static let isReady = 0
  nonisolated static let arrivals = 8
  nonisolated static let allocations = arrivals + framesMax
  nonisolated static let framesMax = (Int(CB_SHARED_BYTES) / 8 - arrivals) / 2

  private let page: UnsafeMutablePointer<UInt64>
  private var server: WyomingServer?
  private var frames = 0

  /// The benchmark's other self: serves until it is ended.
  static func serve(_ socket: String, share: String) async throws -> Int32 {
    guard let page = cb_edge_share(share) else { throw SystemError("share \(share)") }
    let sink = WyomingSink(page)
    sink.server = try WyomingServer(.unix(path: socket)) { stream in sink.greet(stream) }
    return try await LoopActor.shared.loop.wait(on: "the end") { (_: Waiter<Int32>) in }
  }

  private init(_ page: UnsafeMutablePointer<UInt64>) { self.page = page }

  private func greet(_ stream: WyomingStream) {
    stream.onEvent = { [unowned self, unowned stream] event in
      switch event {
      case .describe: stream.send(.info(Self.info))
      case .ping(let text): stream.send(.pong(text: text))
      case .detect: page[Self.isReady] = 1
      default: break
      }
    }
    stream.onAudio = { [unowned self] _, samples in
      for _ in 0..<samples.count / AudioFormat.frameSamples { note() }
    }
  }

  private func note() {
    guard frames < Self.framesMax else { return }
    page[Self.arrivals + frames] = LoopActor.shared.loop.now.nanoseconds
    page[Self.allocations + frames] = ci_thread_allocations()
    frames += 1
  }

  private static var info: WyomingInfo {
    let program = WyomingProgram(name: "sink", models: [WyomingModel(name: "hey jarvis")])
    return WyomingInfo([.wake: [program]])
  }
}
