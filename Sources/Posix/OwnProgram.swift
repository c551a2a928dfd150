// SPDX-License-Identifier: Apache-2.0
internal import CLinux
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

  /// Gives back what only the start needed: code that was run once, and heap that is free again. Code that
  /// runs again is mapped again, from memory: some ten microseconds for each 64 KiB. Any thread.
  public static func releaseStartMemory() { cl_release_memory() }

  /// What comes with the program: below the prefix where it is installed, else in the source tree
  /// where it was built. Nil when it is in neither.
  public static func companion(installed: String, source: String) -> String? {
    guard var directory else { return nil }
    let path = "\(directory)/../\(installed)"
    if access(path, F_OK) == 0 { return path }
    while let slash = directory.lastIndex(of: "/") {
      let candidate = "\(directory)/\(source)"
      if access(candidate, F_OK) == 0 { return candidate }
      directory = String(directory[..<slash])
    }
    return nil
  }

  /// A program beside our own goes before one of the same name in PATH.
  public static func beside(_ program: String) -> String {
    guard !program.contains("/"), let directory else { return program }
    let sibling = "\(directory)/\(program)"
    return access(sibling, X_OK) == 0 ? sibling : program
  }
}
