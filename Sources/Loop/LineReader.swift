// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// Reads a pipe, a child's output, by lines on the loop. Close it before letting go of it.
@LoopActor public final class LineReader {
  /// Read at most so much in one turn of the loop.
  static let readMaxBytes = 16 << 10
  /// So many reads empty a pipe, 64 KiB.
  static let readsAtEnd = 5

  private let descriptor: FileDescriptor
  private let onLine: @LoopActor (String) -> Void
  private var lines: LineSplitter
  private var token: WatchToken?

  /// - Parameter lineBytesMax: a longer line comes in pieces of this size.
  /// - Throws: `SystemError` when no watch is left.
  public init(
    _ descriptor: consuming FileDescriptor, lineBytesMax: Int = 2048,
    onLine: @escaping @LoopActor (String) -> Void
  ) throws(SystemError) {
    lines = LineSplitter(lineBytesMax: lineBytesMax)
    self.descriptor = descriptor
    self.onLine = onLine
    token = try LoopActor.shared.loop.watch(self.descriptor.raw, .read, name: "child output") {
      [weak self] _ in
      guard let self else { return }
      if !read() { close() }
    }
  }

  /// Hands on what is still in the pipe, and ends.
  public func finish() {
    for _ in 0..<Self.readsAtEnd where token != nil {
      if !read() { break }
    }
    close()
  }

  /// At once; what is still in the pipe is lost.
  public func close() {
    guard let token else { return }
    self.token = nil
    LoopActor.shared.loop.unwatch(token)
    lines.finish(onLine)
  }

  /// Reads once what is there; false at the end of the stream.
  private func read() -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Self.readMaxBytes, alignment: 1) { buffer in
      do throws(SystemError) {
        let count = try descriptor.read(into: buffer)
        lines.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]), onLine)
        return count > 0
      } catch {
        return error.errno == EAGAIN
      }
    }
  }
}

extension Child {
  /// Readers for those of the child's output streams that are pipes.
  /// - Throws: `SystemError` when no watch is left; the child runs on.
  public func readLines(_ onLine: @escaping @LoopActor (String) -> Void) throws(SystemError) -> [LineReader] {
    var readers: [LineReader] = []
    if let output = output.take() { readers.append(try LineReader(output, onLine: onLine)) }
    if let error = error.take() { readers.append(try LineReader(error, onLine: onLine)) }
    return readers
  }
}
