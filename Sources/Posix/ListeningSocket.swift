// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// A socket that takes connections. A Unix socket's file goes away with it.
public struct ListeningSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor
  /// Where it really listens: port 0 has become the port that the kernel chose.
  public let endpoint: Endpoint
  private let file: SocketFile?

  // Not that of a class: the optimiser of Swift 6.0 takes a value without deinit apart and breaks off.
  deinit { file?.remove() }

  /// - Parameters:
  ///   - address: a Unix socket's stale file is replaced, but only if nobody listens on it.
  ///   - mode: permissions of a Unix socket's file, whatever the umask; others may not connect.
  ///   - backlog: connections waiting to be accepted; more are refused or delayed by the kernel.
  /// - Throws: `SystemError` naming the address: in use (somebody listens), not ours to use, the
  ///   file is no socket, no such directory.
  public static func open(
    _ address: SocketAddress, mode: UInt32 = 0o660, backlog: Int32 = 16
  ) throws(SystemError) -> ListeningSocket {
    let purpose = "listen on \(address.endpoint)"
    let descriptor = try Socket.make(address, purpose)
    var file: SocketFile?
    if case .unix(let path) = address.endpoint {
      try SocketFile.removeStale(path, address, purpose)
      _ = fchmod(descriptor.raw, mode)
      try bind(descriptor, address, purpose)
      _ = chmod(path, mode)
      file = SocketFile(path: path)
    } else {
      Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
      try bind(descriptor, address, purpose)
    }
    try retry(purpose) { listen(descriptor.raw, backlog) }
    let endpoint = address.isUnix ? address.endpoint : SocketAddress.local(of: descriptor.raw).endpoint
    return ListeningSocket(descriptor: descriptor, endpoint: endpoint, file: file)
  }

  /// The next waiting connection, non-blocking; nil when none is waiting or it went away.
  /// - Throws: `SystemError` when no descriptor is left. The connection stays waiting and the socket
  ///   readable: stop watching it for a while.
  public borrowing func accept() throws(SystemError) -> FileDescriptor? {
    do {
      return FileDescriptor(owning: try retry("accept on \(endpoint)") { cl_accept(descriptor.raw) })
    } catch {
      switch error.errno {
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: throw error
      default: return nil
      }
    }
  }

  private init(descriptor: consuming FileDescriptor, endpoint: Endpoint, file: SocketFile?) {
    self.descriptor = descriptor
    self.endpoint = endpoint
    self.file = file
  }

  private static func bind(
    _ descriptor: borrowing FileDescriptor, _ address: SocketAddress, _ purpose: String
  ) throws(SystemError) {
    let raw = descriptor.raw
    try retry(purpose) { address.withPointer { Glibc.bind(raw, $0, $1) } }
  }
}

/// The file of a Unix socket, removed when the socket goes away unless it is another's by then.
private struct SocketFile {
  private let path: String
  private let inode: UInt

  init(path: String) {
    self.path = path
    inode = Self.status(path)?.st_ino ?? 0
  }

  func remove() {
    if Self.status(path)?.st_ino == inode { unlink(path) }
  }

  static func removeStale(_ path: String, _ address: SocketAddress, _ purpose: String) throws(SystemError) {
    guard let status = status(path) else { return }
    if status.st_mode & S_IFMT != S_IFSOCK { throw SystemError(purpose, errno: ENOTSOCK) }
    do {
      _ = try Socket.connect(to: address)
    } catch {
      if error.errno == ECONNREFUSED {
        unlink(path)
        return
      }
      if error.errno == EACCES || error.errno == EPERM { throw SystemError(purpose, errno: error.errno) }
    }
    throw SystemError(purpose, errno: EADDRINUSE)
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }
}
