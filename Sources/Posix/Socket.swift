// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// Stream sockets, non-blocking and close-on-exec.
public enum Socket {
  /// Begins to connect. The result is known when the descriptor is writable: `connectResult`.
  /// - Throws: `SystemError` naming the address when that fails at once: nobody listens on a Unix
  ///   socket, no permission, no route, no descriptor left.
  public static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
    let purpose = "connect to \(address.endpoint)"
    let descriptor = try make(address, purpose)
    let result = address.withPointer { Glibc.connect(descriptor.raw, $0, $1) }
    // An interrupted connect goes on in the background like any other.
    if result != 0, errno != EINPROGRESS, errno != EINTR { throw SystemError(purpose) }
    return descriptor
  }

  /// How a connect ended.
  /// - Throws: `SystemError` naming the address when it failed.
  public static func connectResult(
    _ descriptor: borrowing FileDescriptor, to address: SocketAddress
  ) throws(SystemError) {
    var error: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    _ = getsockopt(descriptor.raw, SOL_SOCKET, SO_ERROR, &error, &size)
    if error != 0 { throw SystemError("connect to \(address.endpoint)", errno: error) }
  }

  /// A connected pair, for tests and for children.
  /// - Throws: `SystemError` when no descriptor is left.
  public static func pair() throws(SystemError) -> Pair {
    var ends: [Int32] = [-1, -1]
    try retry("socketpair") {
      socketpair(AF_UNIX, streamType, 0, &ends)
    }
    return Pair(first: FileDescriptor(owning: ends[0]), second: FileDescriptor(owning: ends[1]))
  }

  /// Frozen, so that each end can be moved out by itself.
  @frozen public struct Pair: ~Copyable {
    public let first: FileDescriptor
    public let second: FileDescriptor
  }

  /// Small writes leave at once: frames of a conversation, not bulk.
  static func make(_ address: SocketAddress, _ purpose: String) throws(SystemError) -> FileDescriptor {
    let descriptor = FileDescriptor(owning: try retry(purpose) { socket(address.family, streamType, 0) })
    if !address.isUnix { set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY) }
    return descriptor
  }

  static func set(_ descriptor: borrowing FileDescriptor, _ level: Int32, _ option: Int32) {
    var on: Int32 = 1
    _ = setsockopt(descriptor.raw, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static var streamType: Int32 {
    Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
  }
}
