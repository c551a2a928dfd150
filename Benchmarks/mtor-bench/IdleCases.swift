// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Time

/// Programs that have nothing to do, watched from outside. Another is one line more.
let idleCases: [Case] = [
  .idle("idle.loop", ["/proc/self/exe", "--idle-loop"], threadsMax: 1)
]

extension Case {
  /// Starts a program, lets it settle, and counts what it does while nothing happens.
  static func idle(
    _ name: String, _ arguments: [String], threadsMax: Double, wakeUpsMax: Double = 0
  ) -> Case {
    Case(name: name) { options in
      let loop = LoopActor.shared.loop
      var arguments = arguments
      if arguments[0] == "/proc/self/exe" { arguments[0] = executablePath() }
      let child = try Child(Program(arguments)) { _ in }
      try await loop.sleep(for: .seconds(2))
      let meter = ProcessMeter(pid: child.pid)
      let (switches, ticks) = (meter.contextSwitches, meter.cpuTicks)
      try await loop.sleep(for: .seconds(options.idleSeconds))
      let (wakeUps, spent) = (meter.contextSwitches - switches, meter.cpuTicks - ticks)
      defer { child.stop() }
      return [
        Figure(name: "\(name).wakeups", unit: "count", value: Double(wakeUps), goal: wakeUpsMax),
        Figure(name: "\(name).cpu", unit: "%", value: Double(spent) / Double(options.idleSeconds), goal: 0),
        Figure(name: "\(name).threads", unit: "count", value: Double(meter.threads), goal: threadsMax),
        Figure(name: "\(name).pss", unit: "KiB", value: Double(meter.pssKiB)),
      ]
    }
  }
}

func executablePath() -> String {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = buffer.withUnsafeMutableBytes {
    readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
  }
  return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
}
