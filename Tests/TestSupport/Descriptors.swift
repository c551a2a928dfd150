// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The open descriptors of a process, counted by what they lead to.
public enum Descriptors {
  /// Numbers left out: `socket:[]`, `anon_inode:[eventpoll]`, `/dev/null`, … Empty when there is no such
  /// process.
  public static func open(of pid: Int32) -> [String: Int] {
    guard let stream = opendir("/proc/\(pid)/fd") else { return [:] }
    defer { closedir(stream) }
    var counts: [String: Int] = [:]
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let target = target("/proc/\(pid)/fd/\(name)") else { continue }
      counts[target.filter { !$0.isNumber }, default: 0] += 1
    }
    return counts
  }

  /// Nil for what is no link, or closed meanwhile.
  private static func target(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink(path, start, buffer.count - 1)
      guard count > 0 else { return nil }
      buffer[count] = 0
      return String(cString: start)
    }
  }
}
