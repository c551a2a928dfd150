// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The machine that measures, as far as it matters to the figures; nothing that names it.
enum Machine {
  /// Processor, cores, memory, kernel, system.
  static var description: String {
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let bytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let memory = format(Double(bytes) / Double(1 << 30), decimals: 0)
    let kind = cpu("flags").split(separator: " ").contains("hypervisor") ? "virtual machine with " : ""
    return "\(kind)\(cores) cores (\(processor)), \(memory) GiB, Linux \(kernel), \(system)"
  }

  /// Processes that want to run, averaged over a minute.
  static var load: Double {
    var averages = [0.0, 0, 0]
    return getloadavg(&averages, 3) < 1 ? .nan : averages[0]
  }

  /// When a file was written last, as a day.
  static func date(of path: String) -> String {
    var status = stat()
    var parts = tm()
    guard stat(path, &status) == 0 else { return "at an unknown time" }
    gmtime_r(&status.st_mtim.tv_sec, &parts)
    return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }

  private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static var processor: String {
    let name = cpu("model name")
    return name.isEmpty ? "processor unknown" : name
  }

  private static func cpu(_ field: String) -> String {
    value(of: field, separator: ":", in: "/proc/cpuinfo")
  }

  /// Version numbers only: what follows names who built it.
  private static var kernel: String {
    let release = (try? TextOfFile.read("/proc/sys/kernel/osrelease")) ?? ""
    return String(release.prefix { $0.isNumber || $0 == "." })
  }

  private static var system: String {
    let name = value(of: "PRETTY_NAME", separator: "=", in: "/etc/os-release")
    return name.filter { $0 != "\"" }
  }

  private static func value(of field: String, separator: Character, in path: String) -> String {
    let lines = ((try? TextOfFile.read(path)) ?? "").split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix(field) }) else { return "" }
    let value = line.split(separator: separator, maxSplits: 1).last ?? ""
    return String(value.drop { $0 == " " || $0 == "\t" })
  }
}
