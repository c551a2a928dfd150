// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Finds out who holds a busy PCM, as far as /proc shows it. Under a locked-down unit
/// (`ProcSubset=pid`, `ProtectProc=invisible`) it shows nothing of others; then the answer is nil.
enum DeviceHolder {
  /// "pid 412, arecord"
  static func find(_ name: PCMName, _ direction: PCM.Direction) -> String? {
    guard let card = name.cardIndex else { return nil }
    let letter = direction == .capture ? "c" : "p"
    let pid =
      owner(status: "/proc/asound/card\(card)/pcm\(name.device)\(letter)")
      ?? opener(of: "/dev/snd/pcmC\(card)D\(name.device)\(letter)")
    return pid.map { "pid \($0)" + (command($0).map { ", \($0)" } ?? "") }
  }

  /// The process of the first `owner_pid` among the subdevices below `path`. The kernel writes the
  /// thread that opened the device, which may have ended since.
  private static func owner(status path: String) -> Int? {
    for entry in entries(path) where entry.hasPrefix("sub") {
      for line in text("\(path)/\(entry)/status").split(separator: "\n") where line.hasPrefix("owner_pid") {
        if let pid = line.split(separator: " ").last.flatMap({ process(ofThread: $0) }) { return pid }
      }
    }
    return nil
  }

  private static func process(ofThread thread: Substring) -> Int? {
    let line = text("/proc/\(thread)/status").split(separator: "\n").first { $0.hasPrefix("Tgid:") }
    return line?.split(separator: "\t").last.flatMap { Int($0) }
  }

  /// The first process that has `path` open.
  private static func opener(of path: String) -> Int? {
    var link = [UInt8](repeating: 0, count: 256)
    for entry in entries("/proc") {
      guard let pid = Int(entry) else { continue }
      for fd in entries("/proc/\(pid)/fd") {
        let length = link.withUnsafeMutableBytes {
          readlink("/proc/\(pid)/fd/\(fd)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        if length > 0, link.prefix(length).elementsEqual(path.utf8) { return pid }
      }
    }
    return nil
  }

  private static func command(_ pid: Int) -> String? {
    let name = text("/proc/\(pid)/comm").split(separator: "\n").first
    return name.map(String.init)
  }

  private static func entries(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// The first 4 KiB of a file of /proc; empty when it cannot be read.
  private static func text(_ path: String) -> String {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return "" }
    defer { close(fd) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(fd, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
