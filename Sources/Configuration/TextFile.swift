// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A small file, read whole and bounded.
enum TextFile {
  struct Unreadable: Error {
    var text: String
    var isAbsent: Bool
  }

  /// At most `bytesMax` + 1 bytes, so that the reader can tell that there are more.
  static func read(_ path: String, bytesMax: Int = 1 << 20) throws(Unreadable) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw unreadable(errno, path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= bytesMax {
      let count = Glibc.read(descriptor, &chunk, min(chunk.count, bytesMax + 1 - bytes.count))
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        throw unreadable(code, path)
      }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }

  private static func unreadable(_ code: Int32, _ path: String) -> Unreadable {
    let text =
      switch code {
      case ENOENT: "there is no such file."
      case EACCES: "permission denied. Who runs mtor must be allowed to read it."
      case EISDIR: "is a directory; name the file in it."
      case EAGAIN: "is not an ordinary file."
      default: "cannot be read: \(String(cString: strerror(code)))."
      }
    return Unreadable(text: text, isAbsent: code == ENOENT)
  }
}
