// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A system call failed: what was tried, in words a person understands, and why.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried and on what, e.g. `open /dev/video0`.
  public let operation: String
  public let errno: Int32

  /// - Parameter errno: the current `errno` unless given; take it on the line after the call.
  public init(_ operation: String, errno: Int32 = Glibc.errno) {
    self.operation = operation
    self.errno = errno
  }

  /// `operation: No such file or directory`.
  public var description: String { "\(operation): \(reason)" }

  /// The C library's text for `errno`.
  public var reason: String { String(cString: strerror(errno)) }
}

/// Repeats a call that a signal interrupted: the only place that handles EINTR.
/// - Parameter operation: what is tried and on what, in the error.
/// - Throws: `SystemError` when the result is negative for another reason.
@discardableResult public func retry<Value: SignedInteger>(
  _ operation: @autoclosure () -> String, _ call: () -> Value
) throws(SystemError) -> Value {
  while true {
    let result = call()
    if result >= 0 { return result }
    let error = errno
    if error != EINTR { throw SystemError(operation(), errno: error) }
  }
}
