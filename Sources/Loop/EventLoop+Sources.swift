// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import Posix
import Time

extension EventLoop {
  /// Calls `handler` on the loop whenever `fd` is ready for `interest`, until `unwatch`.
  ///
  /// The loop borrows `fd`: unwatch before closing it. `name` appears in stall reports.
  /// - Throws: `SystemError` when epoll refuses: EPERM for a regular file, EEXIST for one that is
  ///   watched already, EBADF for one that is not open or numbered `descriptorsMax` or higher.
  @LoopActor public func watch(
    _ fd: Int32, _ interest: Interest, name: StaticString,
    _ handler: @escaping @LoopActor (Interest) -> Void
  ) throws(SystemError) -> WatchToken {
    guard let slot = slots.make(Int(fd)) else { throw SystemError("watch \(name)", errno: EBADF) }
    let token = WatchToken(fd: fd, generation: slot.pointee.generation &+ 1)
    if cl_epoll_add(epoll, fd, interest.rawValue, token.rawValue) != 0 {
      throw SystemError("watch \(name)")
    }
    if slot.pointee.handler == nil { counters.descriptorsWatched += 1 }
    slot.pointee = Slot(generation: token.generation, name: name, handler: handler)
    return token
  }

  /// Changes what a registration waits for. A stale token is ignored.
  @LoopActor public func modify(_ token: WatchToken, _ interest: Interest) {
    guard slots[token].pointee.generation == token.generation else { return }
    _ = cl_epoll_modify(epoll, Int32(token.fd), interest.rawValue, token.rawValue)
  }

  /// Waits for nothing on a registration for `duration`, then for `interest` again: for a listening
  /// socket when no descriptor is left for its clients, which wait in the kernel's queue meanwhile.
  @LoopActor public func pause(_ token: WatchToken, for duration: Duration, then interest: Interest) {
    modify(token, [])
    _ = after(duration, name: "pause") { self.modify(token, interest) }
  }

  /// Ends a registration; events of it already fetched in this turn are dropped. A stale token is ignored.
  @LoopActor public func unwatch(_ token: WatchToken) {
    guard slots[token].pointee.generation == token.generation else { return }
    slots[token].pointee = Slot(generation: token.generation &+ 1)
    counters.descriptorsWatched -= 1
    _ = cl_epoll_delete(epoll, Int32(token.fd))
  }

  /// Calls `handler` once at `deadline`, not before. `name` appears in stall reports.
  @LoopActor public func at(
    _ deadline: Instant, name: StaticString, _ handler: @escaping @LoopActor () -> Void
  ) -> TimerToken {
    timers.add(deadline, name, handler)
  }

  /// Calls `handler` once after `duration`.
  @LoopActor public func after(
    _ duration: Duration, name: StaticString, _ handler: @escaping @LoopActor () -> Void
  ) -> TimerToken {
    timers.add(now + duration, name, handler)
  }

  /// Takes a timer back; false when it has fired or was cancelled before.
  @LoopActor @discardableResult public func cancel(_ token: TimerToken) -> Bool { timers.cancel(token) }
}
