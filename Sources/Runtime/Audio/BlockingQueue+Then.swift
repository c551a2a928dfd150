// SPDX-License-Identifier: Apache-2.0
import Loop

extension BlockingQueue {
  /// Runs `work` on the queue's thread, then `next` with its result on the loop.
  /// - Returns: false when the queue is full: neither will run.
  @LoopActor func run<Result: Sendable>(
    _ work: @escaping @Sendable () -> Result, then next: @escaping @LoopActor (Result) -> Void
  ) -> Bool {
    let loop = LoopActor.shared.loop
    do throws(QueueFull) {
      try submit {
        let result = work()
        loop.execute { next(result) }
      }
      return true
    } catch { return false }
  }
}
