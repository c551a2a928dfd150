// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Posix

/// A file that holds the last head of a journal, outside of it: best on another medium.
public struct Anchor: Sendable {
  static let fileBytesMax = 4096
  public let path: String

  public init(path: String) { self.path = path }

  /// The head; nil when there is none yet.
  /// - Throws: `StoreError.unusable` when the file cannot be read or is not a head.
  public func read() throws(StoreError) -> JournalHead? {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileDescriptor.open(path, O_RDONLY).read(upTo: Self.fileBytesMax)
    } catch {
      if error.errno == ENOENT { return nil }
      throw .unusable("\(path) cannot be read: \(error.reason)")
    }
    let object = (try? JSONText.value(bytes))?.objectValue
    guard let head = object.flatMap(JournalHead.init(json:)) else {
      throw .unusable("\(path) is not the head of a journal")
    }
    return head
  }

  /// Replaces the file: a reader sees the old head or the new one, also after a power cut.
  /// - Throws: `SystemError` naming the path.
  public func write(_ head: JournalHead) throws(SystemError) {
    var line: [UInt8] = []
    JSONWriter().append(head.json, to: &line)
    line.append(UInt8(ascii: "\n"))
    try DurableFile.replace(path, line)
  }
}

/// Small files that have to survive a power cut.
enum DurableFile {
  /// Writes beside the file, to the medium, and renames.
  /// - Throws: `SystemError` naming the path.
  static func replace(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
    let temporary = "\(path).new"
    let file = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    var rest = bytes[...]
    while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
    if fsync(file.raw) != 0 { throw SystemError("write \(temporary)") }
    if rename(temporary, path) != 0 { throw SystemError("write \(path)") }
  }

  /// Waits until a file that somebody else has written is on the medium.
  static func sync(_ path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_RDONLY)
    if fsync(file.raw) != 0 { throw SystemError("write \(path)") }
  }

  /// - Throws: `SystemError` naming one of the paths; the target is as it was then.
  static func copy(_ source: String, to target: String) throws(SystemError) {
    let from = try FileDescriptor.open(source, O_RDONLY)
    let temporary = "\(target).new"
    let to = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    while case let piece = try from.read(upTo: 1 << 16), !piece.isEmpty {
      var rest = piece[...]
      while !rest.isEmpty { rest = rest.dropFirst(try to.write(rest)) }
    }
    if fsync(to.raw) != 0 { throw SystemError("write \(temporary)") }
    if rename(temporary, target) != 0 { throw SystemError("write \(target)") }
  }

  /// Makes names in a folder durable: new files, renamed files.
  static func syncDirectory(_ path: String) throws(SystemError) {
    let folder = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    if fsync(folder.raw) != 0 { throw SystemError("write \(path)") }
  }
}
