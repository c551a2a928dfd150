// SPDX-License-Identifier: Apache-2.0
import CBench
import CInstruments
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Simulation
import Time

private let frames = 1000
/// Connections, buffers and the sound server's clock have settled after so many.
private let warmUpFrames = 150

/// From a real ALSA PCM through the whole voice path to a worker's socket.
let audioCases: [Case] = [
  Case(name: "audio") { _ in
    let studio = try await Studio.open()
    defer { studio.setRoom(nil) }
    var figures: [Figure] = []
    for room in [Studio.Room.talk, .noise] {
      studio.setRoom(room)
      figures += try await AudioPath(studio, room).run()
    }
    return figures
  }
]

/// The daemon of the sample configuration, with a wake worker that notes what reaches it.
@LoopActor private final class AudioPath {
  private let room: Studio.Room
  private let microphone: TracedMicrophone
  private let daemon: Daemon
  private let sink: Child
  private let page: UnsafeMutablePointer<UInt64>
  private let loop = LoopActor.shared.loop
  /// What the loop's thread had allocated by the end of each frame.
  private var allocations: [UInt64] = []

  init(_ studio: Studio, _ room: Studio.Room) throws {
    self.room = room
    let (socket, share) = ("\(studio.directory)/\(room)", "\(studio.directory)/\(room)-arrivals")
    guard let page = cb_edge_share(share) else { throw SystemError("share \(share)") }
    self.page = page
    sink = try Child(Program([executablePath(), "--sink", socket, share])) { _ in }
    var settings = try ConfigurationReader().read(
      text: ConfigurationTexts.sample, name: ConfigurationTexts.sampleName, board: "sim")
    settings.log.level = .error
    settings.speaker.device = nil
    settings.workers = [WorkerSettings(name: "sink", place: .url("unix://\(socket)"))]
    settings.services.wake = "sink"
    microphone = TracedMicrophone(
      ALSAMicrophone(device: "mic", settings: settings.microphone), framesMax: warmUpFrames + frames)
    daemon = try Daemon(
      settings, devices: Devices(microphone: microphone, speaker: nil, lines: SimulatedLines()),
      directory: studio.directory)
    allocations.reserveCapacity(warmUpFrames + frames)
  }

  func run() async throws -> [Figure] {
    try daemon.start()
    while page[WyomingSink.isReady] == 0 { try await loop.sleep(for: .milliseconds(20)) }
    try await loop.wait(on: "frames", until: loop.now + .seconds(60)) { (done: Waiter<Void>) in
      microphone.onHandled = { [unowned self] in
        if note() { done.resume(returning: ()) }
      }
      microphone.begin()
    }
    try await loop.sleep(for: .milliseconds(100))
    await daemon.stop()
    sink.stop()
    return figures()
  }

  /// True after the last frame.
  private func note() -> Bool {
    if allocations.count < warmUpFrames + frames { allocations.append(ci_thread_allocations()) }
    return allocations.count == warmUpFrames + frames
  }

  /// Frames in which a timer does something now and then are told apart by the 99th percentile.
  private func figures() -> [Figure] {
    let measured = warmUpFrames..<warmUpFrames + frames
    let latencies = Statistics(
      measured.map { index in
        let arrival = Int64(page[WyomingSink.arrivals + index])
        return Double(arrival - Int64(microphone.captured[index].nanoseconds)) / 1e6
      })
    let here = measured.map { Double(allocations[$0] - allocations[$0 - 1]) }
    let there = measured.map { index in
      let place = WyomingSink.allocations + index
      return Double(page[place] - page[place - 1])
    }
    // Where nobody speaks, frames wait for each other.
    if room == .noise {
      return [Figure(name: "audio.noise_to_worker.p99", unit: "ms", value: latencies.quantile(0.99))]
    }
    return [
      Figure(name: "audio.allocs_per_frame", unit: "count", value: Statistics(here).quantile(0.99), goal: 0),
      Figure(name: "audio.allocs_mean", unit: "count", value: here.reduce(0, +) / Double(frames)),
      Figure(
        name: "audio.allocs_per_chunk_received", unit: "count", value: Statistics(there).quantile(0.99),
        goal: 0),
      Figure(name: "audio.capture_to_worker.p50", unit: "ms", value: latencies.median),
      Figure(name: "audio.capture_to_worker.p99", unit: "ms", value: latencies.quantile(0.99), goal: 22),
    ]
  }
}
