// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Files that are replaced as a whole: a reader sees the old content or the new one. Everything blocks.
public enum DurableFile {
  /// Writes beside the file, and renames.
  /// - Parameter survivesPowerCut: waits for the medium, so that this holds after a power cut too.
  /// - Throws: `SystemError` naming the path; the file is as it was then.
  public static func replace(
    _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600, survivesPowerCut: Bool = true
  ) throws(SystemError) {
    let new = try Replacement.open(path, mode: mode)
    try new.append(bytes)
    try new.finish(survivesPowerCut: survivesPowerCut)
  }

  /// - Throws: `SystemError` naming one of the paths; the target is as it was then.
  public static func copy(_ source: String, to target: String) throws(SystemError) {
    let from = try FileDescriptor.open(source, O_RDONLY)
    let new = try Replacement.open(target, mode: 0o600)
    while case let piece = try from.read(upTo: 1 << 16), !piece.isEmpty { try new.append(piece) }
    try new.finish(survivesPowerCut: true)
  }

  /// Waits until what somebody else has written is on the medium: a file, or the names in a folder.
  /// - Throws: `SystemError` naming the path.
  public static func sync(_ path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_RDONLY)
    try retry("write \(path)") { fsync(file.raw) }
  }
}

/// What a file will be.
private struct Replacement: ~Copyable {
  private let path: String
  private let temporary: String
  private let file: FileDescriptor

  // Not an init: Swift 6.0's compiler crashes on one that throws half-way in a noncopyable type.
  static func open(_ path: String, mode: UInt32) throws(SystemError) -> Replacement {
    let temporary = "\(path).new"
    return Replacement(
      path: path, temporary: temporary,
      file: try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode))
  }

  private init(path: String, temporary: String, file: consuming FileDescriptor) {
    self.path = path
    self.temporary = temporary
    self.file = file
  }

  borrowing func append(_ bytes: [UInt8]) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let raw = file.raw
      rest = rest.dropFirst(
        try retry("write \(temporary)") {
          rest.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
        })
    }
  }

  borrowing func finish(survivesPowerCut: Bool) throws(SystemError) {
    let raw = file.raw
    if survivesPowerCut { try retry("write \(temporary)") { fsync(raw) } }
    try retry("write \(path)") { rename(temporary, path) }
  }
}
