// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How a child process ended.
public enum ChildStatus: Sendable, Equatable, CustomStringConvertible {
  case exited(Int32)
  case killed(signal: Int32)

  public var isSuccess: Bool { self == .exited(0) }

  /// `exit code 1`, `signal 11 (Segmentation fault)`.
  public var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .killed(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
    }
  }
}
