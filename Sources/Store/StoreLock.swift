// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// One writer per store: two would fork the journal's chain. Ends with the process, however it ends.
struct StoreLock: ~Copyable {
  /// A child of ours holds it too, between its fork and its exec: tries so often, 10 ms apart.
  private static let attemptsMax = 10

  private let file: FileDescriptor

  /// - Throws: `StoreError.inUse`; `.unusable` when the file cannot be made.
  static func take(_ path: String) throws(StoreError) -> StoreLock {
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, O_RDWR | O_CREAT)
      for _ in 1..<attemptsMax where flock(file.raw, LOCK_EX | LOCK_NB) != 0 { _ = poll(nil, 0, 10) }
      if flock(file.raw, LOCK_EX | LOCK_NB) == 0 { return StoreLock(file: file) }
      throw SystemError("lock \(path)")
    } catch {
      throw error.errno == EWOULDBLOCK ? .inUse(path: path) : .unusable("\(error)")
    }
  }
}
