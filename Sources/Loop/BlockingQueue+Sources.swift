// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Posix
import Time

/// A Dispatch source of a `BlockingQueue`. Its handler runs on the queue's thread.
///
/// A living source keeps Dispatch's manager thread: cancel it when there is nothing to wait for.
public final class QueueSource: Sendable {
  // SAFETY: Dispatch objects may be used on any thread.
  private nonisolated(unsafe) let source: any DispatchSourceProtocol

  init(_ source: any DispatchSourceProtocol) {
    self.source = source
    source.activate()
  }

  /// Ends it: the handler is not started again. A descriptor it owns is closed after that. Any thread.
  public func cancel() { source.cancel() }

  deinit { source.cancel() }
}

/// Counts added on any thread come to the queue summed up, as one call: many small causes, one
/// piece of work.
public final class CoalescingSource: Sendable {
  // SAFETY: Dispatch objects may be used on any thread.
  private nonisolated(unsafe) let source: any DispatchSourceUserDataAdd

  init(_ source: any DispatchSourceUserDataAdd) {
    self.source = source
    source.activate()
  }

  public func add(_ count: UInt = 1) { source.add(data: count) }
  public func cancel() { source.cancel() }

  deinit { source.cancel() }
}

extension BlockingQueue {
  /// Bytes read at once by `readSource`.
  public static let readBytes = 16_384

  /// Calls `handler` every `interval`, which the system may stretch by `leeway` to save wake-ups:
  /// for flushing what has been gathered.
  public func flushTimer(
    every interval: Duration, leeway: Duration = .milliseconds(50),
    _ handler: @escaping @Sendable () -> Void
  ) -> QueueSource {
    let timer = DispatchSource.makeTimerSource(queue: dispatchQueue)
    let period = DispatchTimeInterval.nanoseconds(Int(interval.nanoseconds))
    timer.schedule(
      deadline: .now() + period, repeating: period, leeway: .nanoseconds(Int(leeway.nanoseconds)))
    timer.setEventHandler(handler: handler)
    return QueueSource(timer)
  }

  /// Calls `handler` with the sum of what was added since the last call.
  public func coalescingSource(_ handler: @escaping @Sendable (UInt) -> Void) -> CoalescingSource {
    let source = DispatchSource.makeUserDataAddSource(queue: dispatchQueue)
    // SAFETY: Dispatch objects may be used on any thread. The cycle ends with `cancel`.
    nonisolated(unsafe) let shared = source
    source.setEventHandler { handler(UInt(shared.data)) }
    return CoalescingSource(source)
  }

  /// Calls `handler` with what comes on a pipe, e.g. a child's output, until its end, which is an
  /// empty call. Takes the descriptor over and closes it once Dispatch has let go of it.
  /// - Throws: `SystemError` when it cannot be made non-blocking.
  public func readSource(
    _ descriptor: consuming FileDescriptor,
    _ handler: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) throws(SystemError) -> QueueSource {
    try descriptor.setNonBlocking()
    let fd = descriptor.release()
    let source = DispatchSource.makeReadSource(fileDescriptor: fd, queue: dispatchQueue)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.readBytes, alignment: 16)
    // SAFETY: the two handlers only use it, which Dispatch runs one after the other on one queue.
    nonisolated(unsafe) let safeBuffer = buffer
    // SAFETY: Dispatch objects may be used on any thread. The cycle ends with `cancel`.
    nonisolated(unsafe) let shared = source
    source.setEventHandler {
      let count = read(fd, safeBuffer.baseAddress, safeBuffer.count)
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      handler(UnsafeRawBufferPointer(rebasing: safeBuffer[..<max(0, count)]))
      if count <= 0 { shared.cancel() }
    }
    source.setCancelHandler {
      close(fd)
      safeBuffer.deallocate()
    }
    return QueueSource(source)
  }
}
