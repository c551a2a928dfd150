// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A directory with a few files for parsers that want a path, in memory where that can be had; gone with
/// this value.
struct Scratch: ~Copyable {
  let path: String
  private var files: [String] = []
  private var folders: [String] = []

  init() {
    let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(root)/mtor-fuzz-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "no temporary directory can be made")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    files.forEach { unlink($0) }
    folders.reversed().forEach { rmdir($0) }
    rmdir(path)
  }

  mutating func makeFolder(_ name: String) {
    mkdir("\(path)/\(name)", 0o700)
    folders.append("\(path)/\(name)")
  }

  /// Writes a file and returns its path.
  @discardableResult mutating func write(_ name: String, _ bytes: [UInt8]) -> String {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "\(file) cannot be written")
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    precondition(count == bytes.count, "\(file) cannot be written")
    close(descriptor)
    files.append(file)
    return file
  }
}
