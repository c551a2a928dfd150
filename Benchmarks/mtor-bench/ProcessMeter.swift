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

  /// User and system time of all threads that ever were.
  var cpu: Duration {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .zero }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// User and system time of one thread.
  func cpu(ofThread id: Int32) -> Duration {
    let fields = text("/proc/\(pid)/task/\(id)/schedstat").split(separator: " ")
    return .nanoseconds(fields.first.flatMap { Int64($0) } ?? 0)
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

  func text(_ path: String) -> String {
    guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return "" }
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let (raw, size) = (file.raw, buffer.count)
    let count = buffer.withUnsafeMutableBytes { read(raw, $0.baseAddress, size) }
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
