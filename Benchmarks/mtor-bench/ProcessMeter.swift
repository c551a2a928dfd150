// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// What the kernel tells about a running process: threads, context switches, CPU time, memory.
struct ProcessMeter {
  let pid: Int32

  var threads: Int { taskIDs().count }

  /// How often its threads have gone to sleep or were preempted; an idle one counts neither.
  var contextSwitches: Int {
    taskIDs().reduce(0) { sum, id in
      let status = text("/proc/\(pid)/task/\(id)/status")
      return sum + field("voluntary_ctxt_switches:", status) + field("nonvoluntary_ctxt_switches:", status)
    }
  }

  /// User and system time of all threads, in ticks of 1/100 s.
  var cpuTicks: Int {
    let stat = text("/proc/\(pid)/stat")
    // The second field is a name in parentheses which may contain anything.
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
  }

  /// Proportional set size in KiB: its own memory and its share of what it shares.
  var pssKiB: Int { field("Pss:", text("/proc/\(pid)/smaps_rollup")) }

  private func taskIDs() -> [String] {
    guard let directory = opendir("/proc/\(pid)/task") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if Int(name) != nil { names.append(name) }
    }
    return names
  }

  private func field(_ name: String, _ text: String) -> Int {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
        ?? 0
    }
    return 0
  }

  private func text(_ path: String) -> String {
    guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return "" }
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let (raw, size) = (file.raw, buffer.count)
    let count = buffer.withUnsafeMutableBytes { read(raw, $0.baseAddress, size) }
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
