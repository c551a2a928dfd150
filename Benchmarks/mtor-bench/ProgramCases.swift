// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Posix
import Runtime
import Time

/// The program as it is installed: how soon it is there, what it costs to have it, how big it is.
let programCases: [Case] = [
  Case(name: "listening", run: listening),
  .measure("start.ready", "ms", goal: 50) { try await untilReady() },
  Case(name: "start.ready_with_worker") { options in
    let studio = try await Studio.open()
    var values: [Double] = []
    for _ in 0..<options.rounds { values.append(try await untilWakeIsHeard(studio)) }
    let statistics = Statistics(values)
    return [
      Figure(
        name: "start.ready_with_worker", unit: "ms", value: statistics.median,
        interval: statistics.interval95, goal: 400)
    ]
  },
  Case(name: "size") { _ in
    try ["mtor", "mtor-speech"].map { name in
      Figure(name: "size.\(name)", unit: "MiB", value: try mebibytes(sibling(name)), goal: 18)
    }
  },
]

/// A program beside this one.
func sibling(_ name: String) -> String { "\(OwnProgram.directory ?? ".")/\(name)" }

private func mebibytes(_ path: String) throws -> Double {
  var status = stat()
  if stat(path, &status) != 0 { throw SystemError("measure \(path)") }
  return Double(status.st_size) / Double(1 << 20)
}

/// `mtor run` with the microphone on noise and its speech worker listening for the wake phrase.
@LoopActor private func listening(_ options: Options) async throws -> [Figure] {
  let loop = LoopActor.shared.loop
  let studio = try await Studio.open()
  studio.setRoom(.noise)
  let program = try RunningProgram(studio, microphone: "mic")
  defer {
    program.stop()
    studio.setRoom(nil)
  }
  try await program.wait(for: ["connected for wake", "ready on"])
  try await loop.sleep(for: .seconds(5))
  // The least that reading this PCM costs: what the plugin for the sound server takes, and a C loop.
  let recorder = try? Child(
    Program(["arecord", "-q", "-D", "mic", "-r16000", "-fS16_LE", "--period-size=320", "/dev/null"])
  ) { _ in }
  defer { recorder?.stop() }
  try await loop.sleep(for: .seconds(1))
  let reading = recorder.map { ProcessMeter(pid: $0.pid) }
  let readBefore = reading?.cpu ?? .zero
  let worker = ProcessMeter(pid: try childID(of: program.pid))
  let meter = ProcessMeter(pid: program.pid)
  let before = (meter.cpu, meter.cpu(ofThread: program.pid), worker.cpu, meter.contextSwitches)
  try await loop.sleep(for: .seconds(options.idleSeconds))
  let seconds = Double(options.idleSeconds)
  func percent(_ spent: Duration) -> Double { spent.milliseconds / 10 / seconds }
  return [
    Figure(name: "listening.mtor.seconds", unit: "s", value: seconds),
    Figure(name: "listening.mtor.cpu", unit: "%", value: percent(meter.cpu - before.0), goal: 0.5),
    Figure(
      name: "listening.mtor.loop_cpu", unit: "%",
      value: percent(meter.cpu(ofThread: program.pid) - before.1)),
    Figure(name: "listening.mtor.pss", unit: "MiB", value: Double(meter.pssKiB) / 1024, goal: 12),
    Figure(name: "listening.mtor.threads", unit: "count", value: Double(meter.threads)),
    Figure(
      name: "listening.mtor.wakeups", unit: "1/s", value: Double(meter.contextSwitches - before.3) / seconds),
    Figure(
      name: "listening.arecord.cpu", unit: "%",
      value: reading.map { percent($0.cpu - readBefore) } ?? .nan),
    Figure(name: "listening.mtor_speech.cpu", unit: "%", value: percent(worker.cpu - before.2)),
    Figure(name: "listening.mtor_speech.pss", unit: "MiB", value: Double(worker.pssKiB) / 1024),
  ]
}

@LoopActor private func childID(of pid: Int32) throws -> Int32 {
  let path = "/proc/\(pid)/task/\(pid)/children"
  let text = ProcessMeter(pid: pid).text(path)
  guard let first = text.split(separator: " ").first, let id = Int32(first) else {
    throw SystemError("find the worker in \(path)", errno: ESRCH)
  }
  return id
}

/// From the start of `mtor run`, without microphone, to its READY=1.
@LoopActor private func untilReady() async throws -> Double {
  let loop = LoopActor.shared.loop
  let studio = try await Studio.open()
  let manager = try NotifySocket("\(studio.directory)/notify")
  let start = loop.now
  let program = try RunningProgram(studio, microphone: nil, environment: ["NOTIFY_SOCKET=\(manager.path)"])
  try await manager.ready(until: start + .seconds(10))
  let time = loop.now - start
  try await program.end()
  return time.milliseconds
}

/// From the start of `mtor run` until a wake phrase would be heard: the worker has loaded its models
/// and is connected.
@LoopActor private func untilWakeIsHeard(_ studio: Studio) async throws -> Double {
  let loop = LoopActor.shared.loop
  let start = loop.now
  let program = try RunningProgram(studio, microphone: "mic")
  try await program.wait(for: ["connected for wake", "ready on"])
  let time = loop.now - start
  try await program.end()
  return time.milliseconds
}
