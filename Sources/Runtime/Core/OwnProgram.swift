// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Where the running program was started from.
public enum OwnProgram {
  /// The directory of the executable, nil where the kernel does not tell.
  public static var directory: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink("/proc/self/exe", start, buffer.count - 1)
      guard count > 0 else { return nil }
      buffer[count] = 0
      let path = String(cString: start)
      return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
  }

  /// A program beside our own goes before one of the same name in PATH.
  static func beside(_ program: String) -> String {
    guard !program.contains("/"), let directory else { return program }
    let sibling = "\(directory)/\(program)"
    return access(sibling, X_OK) == 0 ? sibling : program
  }
}
