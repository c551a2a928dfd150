// SPDX-License-Identifier: Apache-2.0
import Posix
import Time

extension EventLoop {
  /// Suspends the current task until `fd` is ready, once. For conversations: what reads all the
  /// time uses `watch`, which costs no system call per wait.
  ///
  /// The loop borrows `fd`, which nothing else may watch meanwhile.
  /// - Throws: `SystemError` when it cannot be watched; `DeadlineExceeded`; `CancellationError`.
  @LoopActor @discardableResult public func ready(
    _ fd: Int32, _ interest: Interest, on what: String, until deadline: Instant? = nil
  ) async throws -> Interest {
    try await wait(on: what, until: deadline) { (waiter: Waiter<Interest>) in
      do throws(SystemError) {
        waiter.token = try watch(fd, interest, name: "readiness") { waiter.resume(returning: $0) }
      } catch { waiter.resume(throwing: error) }
    }
  }

  /// Connects to an address that needs no name lookup.
  /// - Throws: `SystemError` naming the address; `DeadlineExceeded`; `CancellationError`.
  @LoopActor public func connect(
    to address: SocketAddress, until deadline: Instant? = nil
  ) async throws -> FileDescriptor {
    let descriptor = try Socket.connect(to: address)
    try await ready(
      descriptor.raw, .write, on: "connection to \(address.endpoint)", until: deadline)
    try Socket.connectResult(descriptor, to: address)
    return descriptor
  }
}
