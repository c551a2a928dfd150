// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time

/// Programs that have nothing to do, watched from outside.
let idleCases: [Case] = [
  Case(name: "idle.loop") { options in
    let child = try Child(Program([executablePath(), "--idle-loop"])) { _ in }
    defer { child.stop() }
    return try await idle("idle.loop", child.pid, options)
  },
  Case(name: "idle.mtor") { options in
    let program = try RunningProgram(try await Studio.open(), microphone: nil)
    try await program.wait(for: ["ready: board", "ready on"])
    let figures = try await idle("idle.mtor", program.pid, options)
    try await program.end()
    return figures
  },
]

/// Lets a program settle and counts what it does while nothing happens.
@LoopActor private func idle(_ name: String, _ pid: Int32, _ options: Options) async throws -> [Figure] {
  let loop = LoopActor.shared.loop
  // A queue for blocking work keeps its thread for some seconds after its last work, the boot record.
  try await loop.sleep(for: .seconds(15))
  let meter = ProcessMeter(pid: pid)
  let (switches, cpu) = (meter.contextSwitches, meter.cpu)
  try await loop.sleep(for: .seconds(options.idleSeconds))
  let (wakeUps, spent) = (meter.contextSwitches - switches, meter.cpu - cpu)
  let percent = spent.milliseconds / 10 / Double(options.idleSeconds)
  return [
    Figure(name: "\(name).seconds", unit: "s", value: Double(options.idleSeconds)),
    Figure(name: "\(name).wakeups", unit: "count", value: Double(wakeUps), goal: 0),
    Figure(name: "\(name).cpu", unit: "%", value: percent, goal: 0.05),
    Figure(name: "\(name).threads", unit: "count", value: Double(meter.threads), goal: 1),
    Figure(name: "\(name).pss", unit: "MiB", value: Double(meter.pssKiB) / 1024),
  ]
}

func executablePath() -> String {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = buffer.withUnsafeMutableBytes {
    readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
  }
  return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
}
