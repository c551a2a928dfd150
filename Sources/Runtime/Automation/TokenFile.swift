// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// Files with the token of somebody outside: of a channel of notifications, of a webhook.
enum TokenFile {
  static let bytesMax = 4096

  /// The first word; nil: there is none. Blocks.
  /// - Throws: `SystemError` when the file cannot be read.
  static func token(_ path: String) throws(SystemError) -> String? {
    let bytes = try FileDescriptor.open(path, O_RDONLY).read(upTo: bytesMax)
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
  }
}
