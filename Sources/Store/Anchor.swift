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
