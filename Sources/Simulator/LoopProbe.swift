// SPDX-License-Identifier: Apache-2.0
import Loop
import Time

/// Timers of the world's own, some equal, some taken back: what the loop makes of them is on record.
@LoopActor final class LoopProbe {
  private let loop = LoopActor.shared.loop
  private let record: @LoopActor (WorldEvent) -> Void
  private var random: SeededGenerator
  private var number = 0

  init(random: SeededGenerator, record: @escaping @LoopActor (WorldEvent) -> Void) {
    self.random = random
    self.record = record
  }

  func run() {
    var tokens: [TimerToken] = []
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      number += 1
      // Few different deadlines: equal ones keep their order.
      let due = loop.now + .milliseconds(Int64.random(in: 0...6, using: &random) * 50)
      tokens.append(
        loop.at(due, name: "probe") { [record, number] in record(.timer(number: number, due: due)) })
    }
    for token in tokens where random.isTrue(0.2) { loop.cancel(token) }
  }
}
