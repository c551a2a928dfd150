// SPDX-License-Identifier: Apache-2.0
import Time

/// Calls a handler at `start + n × interval` until it is cancelled. Without drift: intervals that
/// went by while the loop was held are skipped, not made up for. No allocation per call.
@LoopActor public final class RepeatingTimer {
  public let interval: Duration
  private let loop: EventLoop
  private let name: StaticString
  private var next: Instant
  private var token: TimerToken?
  private var fire: (@LoopActor () -> Void)?

  init(
    _ loop: EventLoop, _ interval: Duration, _ name: StaticString,
    _ handler: @escaping @LoopActor () -> Void
  ) {
    precondition(interval > .zero, "a repeating timer needs an interval above zero")
    self.loop = loop
    self.interval = interval
    self.name = name
    next = loop.now
    fire = { [weak self] in
      guard let self else { return }
      arm()
      handler()
    }
    arm()
  }

  /// Ends the repetition, also from within the handler. A timer that is only let go ends too, at
  /// its next time.
  public func cancel() {
    if let token { loop.cancel(token) }
    token = nil
    fire = nil
  }

  private func arm() {
    guard let fire else { return }
    next = next + interval
    let now = loop.now
    if next <= now {
      let missed = (now - next).nanoseconds / interval.nanoseconds + 1
      next = next + Duration(nanoseconds: missed * interval.nanoseconds)
    }
    token = loop.at(next, name: name, fire)
  }
}

extension EventLoop {
  /// Calls `handler` every `interval` until the returned timer is cancelled; first after one.
  @LoopActor public func every(
    _ interval: Duration, name: StaticString, _ handler: @escaping @LoopActor () -> Void
  ) -> RepeatingTimer {
    RepeatingTimer(self, interval, name, handler)
  }
}
