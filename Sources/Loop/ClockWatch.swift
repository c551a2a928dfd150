// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import Posix

/// Tells when somebody has set the wall clock: an administrator, or a time server after start.
/// Source: timerfd_create(2), TFD_TIMER_CANCEL_ON_SET.
@LoopActor public final class ClockWatch {
  private let descriptor: FileDescriptor
  private let loop = LoopActor.shared.loop
  private var token: WatchToken?

  /// - Throws: `SystemError` when the kernel has no descriptor left.
  public init(onSet: @escaping @LoopActor () -> Void) throws(SystemError) {
    let fd = try retry("watch the clock") { cl_clock_watch() }
    descriptor = FileDescriptor(owning: fd)
    token = try loop.watch(fd, .read, name: "clock") { _ in
      _ = cl_arm_clock_watch(fd)
      onSet()
    }
  }

  public func stop() {
    if let token = token.take() { loop.unwatch(token) }
  }
}
