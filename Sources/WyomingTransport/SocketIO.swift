// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The calls on a connected, non-blocking socket. An interrupted call counts as blocked: the loop
/// is level-triggered and comes back.
enum SocketIO {
  enum Outcome {
    case moved(Int)
    case blocked
    /// The system's text.
    case failed(String)
  }

  static func receive(_ socket: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    outcome(recv(socket, buffer.baseAddress, buffer.count, 0))
  }

  /// Without SIGPIPE when the peer has gone.
  static func send(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome {
    outcome(Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
  }

  static func shutDownWriting(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_WR)) }

  private static func outcome(_ result: Int) -> Outcome {
    if result >= 0 { return .moved(result) }
    let error = errno
    switch error {
    case EAGAIN, EINTR: return .blocked
    default: return .failed(String(cString: strerror(error)))
    }
  }
}
