// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Files of /sys and /proc.
enum SystemFile {
  /// One write, as these files want it; `text` may be empty, which truncates.
  static func write(_ text: String, to path: String) throws {
    let fd = open(path, O_WRONLY | O_CLOEXEC | (text.isEmpty ? O_TRUNC : 0))
    guard fd >= 0 else { throw SystemFailure(path) }
    defer { close(fd) }
    if Glibc.write(fd, text, text.utf8.count) < 0 { throw SystemFailure("\(text) to \(path)") }
  }

  /// All of it.
  static func read(_ path: String) throws -> String {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw SystemFailure(path) }
    defer { close(fd) }
    var text: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4096)
    while case let count = Glibc.read(fd, &bytes, bytes.count), count > 0 { text += bytes.prefix(count) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Its first line.
  static func firstLine(_ path: String) throws -> String {
    try read(path).split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
  }
}

struct SystemFailure: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
}
