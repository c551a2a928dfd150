// SPDX-License-Identifier: Apache-2.0
import Glibc

extension FileDescriptor {
  /// Writes once from the front of `bytes`; the count may be less than all.
  /// - Throws: `SystemError`; `EAGAIN` when a non-blocking descriptor takes nothing now.
  public borrowing func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
    let raw = raw
    return try retry("write") { bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) } }
  }

  /// Reads once what is there, at most `count` bytes; empty at the end of the stream.
  /// - Throws: `SystemError`; `EAGAIN` when a non-blocking descriptor has nothing.
  public borrowing func read(upTo count: Int) throws(SystemError) -> [UInt8] {
    let raw = raw
    var bytes = [UInt8](repeating: 0, count: count)
    let received = try retry("read") {
      bytes.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
    }
    bytes.removeLast(count - received)
    return bytes
  }
}

extension SocketAddress {
  /// The address of a Unix socket.
  /// - Throws: `SystemError` when the path is longer than `Endpoint.pathBytesMax`.
  public static func unix(_ path: String) throws(SystemError) -> SocketAddress {
    guard let address = SocketAddress(.unix(path: path)) else {
      throw SystemError("use the socket \(path)", errno: ENAMETOOLONG)
    }
    return address
  }
}
