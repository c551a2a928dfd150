// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import Posix
import Synchronization

/// What other threads send to the loop, and the eventfd that wakes it.
///
/// Senders bound themselves (`BlockingQueue`'s backlog does); `depthMax` tells how far they went.
final class Inbox: Sendable {
  /// Readable after a wake-up until `clear`.
  let wakeDescriptor: Int32
  private let isPending = Atomic<Bool>(false)
  private let mail = Locked(Mail())

  init() {
    wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    precondition(wakeDescriptor >= 0, "no descriptor left for the event loop")
  }

  deinit { _ = close(wakeDescriptor) }

  /// True when something has come since `take`.
  var hasMail: Bool { isPending.load(ordering: .acquiring) }

  /// The most that ever waited at once.
  var depthMax: Int { mail.withLock { $0.depthMax } }

  func put(_ job: UnownedJob) {
    mail.withLock { $0.jobs.append(job) }
    wake()
  }

  func put(_ call: @escaping @LoopActor () -> Void) {
    mail.withLock { $0.calls.append(call) }
    wake()
  }

  /// Moves everything to the ends of the loop's own queues, in the order it came.
  func take(into jobs: inout [UnownedJob], _ calls: inout [@LoopActor () -> Void]) {
    // First, so that whoever puts something in after this wakes the loop again.
    isPending.store(false, ordering: .sequentiallyConsistent)
    mail.withLock {
      $0.depthMax = max($0.depthMax, $0.jobs.count + $0.calls.count)
      jobs.append(contentsOf: $0.jobs)
      calls.append(contentsOf: $0.calls)
      $0.jobs.removeAll(keepingCapacity: true)
      $0.calls.removeAll(keepingCapacity: true)
    }
  }

  func clear() {
    var count: UInt64 = 0
    _ = read(wakeDescriptor, &count, 8)
  }

  private func wake() {
    if isPending.exchange(true, ordering: .sequentiallyConsistent) { return }
    var one: UInt64 = 1
    _ = write(wakeDescriptor, &one, 8)
  }

  private struct Mail {
    var jobs: [UnownedJob] = []
    var calls: [@LoopActor () -> Void] = []
    var depthMax = 0
  }
}
