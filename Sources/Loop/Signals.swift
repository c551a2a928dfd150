// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import Posix

/// Signals as loop events, through a signalfd.
@LoopActor public final class Signals {
  private let descriptor: FileDescriptor
  private var token: WatchToken?

  /// Blocks `signals` for the calling thread and calls `handler` with each that arrives.
  ///
  /// Call before any other thread exists: threads inherit the mask, and a thread with the signal
  /// unblocked would take it first.
  /// - Throws: `SystemError` when no descriptor is left.
  public init(_ signals: [Int32], _ handler: @escaping @LoopActor (Int32) -> Void) throws(SystemError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    let fd = try retry("watch signals") { signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)) }
    descriptor = FileDescriptor(owning: fd)
    token = try LoopActor.shared.loop.watch(fd, .read, name: "signals") { _ in
      var info = signalfd_siginfo()
      let size = MemoryLayout<signalfd_siginfo>.size
      while read(fd, &info, size) == size { handler(Int32(info.ssi_signo)) }
    }
  }

  /// Ends the watch; the signals stay blocked. Call it before letting go.
  public func close() {
    if let token { LoopActor.shared.loop.unwatch(token) }
    token = nil
  }
}
