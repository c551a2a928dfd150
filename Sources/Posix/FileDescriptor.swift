// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// Owns a descriptor and closes it silently when it goes away.
///
/// End a loop's watch of it, and cancel a Dispatch source on it, before that.
public struct FileDescriptor: ~Copyable, Sendable {
  /// Borrowed: valid while this value lives.
  public let raw: Int32

  /// Takes ownership of an open descriptor.
  public init(owning raw: Int32) { self.raw = raw }

  /// Opens a file; always close-on-exec.
  /// - Throws: `SystemError` naming the path.
  public static func open(
    _ path: String, _ flags: Int32, mode: UInt32 = 0o600
  ) throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try retry("open \(path)") { Glibc.open(path, flags | O_CLOEXEC, mode) })
  }

  deinit { _ = Glibc.close(raw) }

  /// Closes now; what `close(2)` says about an earlier failed write is not of use here.
  public consuming func close() {}

  /// Gives up ownership.
  // The optimiser of Swift 6.0 breaks off at a value whose deinit is left out.
  @_optimize(none) public consuming func release() -> Int32 {
    let raw = raw
    discard self
    return raw
  }

  /// Reads once what is there, up to the buffer's size; 0 at the end of the stream.
  /// - Throws: `SystemError`; `EAGAIN` when a non-blocking descriptor has nothing.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try retry("read") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
  }

  /// Writes once; the count may be less than the buffer's size.
  /// - Throws: `SystemError`; `EAGAIN` when a non-blocking descriptor takes nothing now.
  public borrowing func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    try retry("write") { Glibc.write(raw, buffer.baseAddress, buffer.count) }
  }
}

extension FileDescriptor {
  /// The two ends of a pipe. Frozen, so that each can be moved out by itself.
  @frozen public struct Pipe: ~Copyable {
    public let read: FileDescriptor
    public let write: FileDescriptor
  }

  /// A pipe, blocking and close-on-exec.
  /// - Parameter purpose: what for, in the error.
  /// - Throws: `SystemError` when no descriptor is left.
  public static func pipe(_ purpose: @autoclosure () -> String = "pipe") throws(SystemError) -> Pipe {
    var ends: [Int32] = [-1, -1]
    try retry(purpose()) { cl_pipe(&ends, O_CLOEXEC) }
    return Pipe(read: FileDescriptor(owning: ends[0]), write: FileDescriptor(owning: ends[1]))
  }

  /// Makes reads and writes return EAGAIN instead of waiting.
  public borrowing func setNonBlocking() throws(SystemError) {
    let flags = try retry("fcntl") { fcntl(raw, F_GETFL) }
    try retry("fcntl") { fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
  }
}
