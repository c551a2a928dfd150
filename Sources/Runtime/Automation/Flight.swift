// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Time

/// The runs that one trigger has started, and who waits for them.
@LoopActor final class Flight {
  let exchange: Exchange
  var runs: Set<UInt64> = []
  var waiter: Waiter<Void>?
  var said: [String] = []
  var failure: String?
  var isRefused = false
  /// Its trigger has not been handled yet.
  var isWaiting = false
  /// The one under way, or the last.
  private(set) var step: Step?
  /// A step took the time its author gave it: what is said after it has its own.
  private var hasPaused = false
  /// The first sample of a reply went to the loudspeaker.
  var isHeard = false

  init(_ exchange: Exchange) { self.exchange = exchange }

  var isOver: Bool { runs.isEmpty && !isWaiting }

  /// Who waits for the end of a reply looks again at what is under way now.
  func begin(_ next: Step) {
    if let step, step.isSound { waiter?.resume(returning: ()) }
    if next.isProgram { pause() }
    step = next
  }

  /// The run waits for something that its author put there.
  func pause() { hasPaused = true }

  /// The exchange's deadline holds for the first sample heard; a later reply has its own time.
  var replyDeadline: Instant {
    isHeard || hasPaused ? LoopActor.shared.loop.now + .seconds(10) : exchange.deadline
  }
}

extension Step {
  fileprivate var isProgram: Bool { if case .run = self { true } else { false } }
  /// It lasts until the last sample.
  var isSound: Bool {
    switch self {
    case .say, .play: true
    default: false
    }
  }
}
