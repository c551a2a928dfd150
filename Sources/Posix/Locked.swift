// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A value behind a pthread mutex, for the few places that other threads reach.
///
/// `Synchronization.Mutex` is not used: the thread sanitizer does not see its futex calls and
/// reports races that do not exist (docs/decisions/0001-event-loop.md).
public final class Locked<Value>: @unchecked Sendable {
  // SAFETY: `value` is touched only between lock and unlock of `mutex`, which lives on the heap.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  public init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` with exclusive access. Any thread; `body` must not lock the same value again.
  public func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
