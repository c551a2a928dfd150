// SPDX-License-Identifier: Apache-2.0
import CBench
import Loop
import Time

private let waits = 200

let timerCases: [Case] = [
  .compare(
    "timer.overshoot", "ns", to: "C epoll_pwait2", operations: waits, ours: overshoot, baseline: cOvershoot),
  .measure("timer.add_cancel", "ns") { addAndCancel(50_000) },
]

/// How much later than its deadline a timer 500 µs ahead fires: median.
@LoopActor private func overshoot() async throws -> Double {
  let loop = LoopActor.shared.loop
  let samples = Samples(waits)
  for _ in 0..<waits {
    let deadline = loop.now + .microseconds(500)
    try await loop.wait(on: "timer") { (done: Waiter<Void>) in
      _ = loop.at(deadline, name: "overshoot") {
        _ = samples.add(UInt64((loop.now - deadline).nanoseconds))
        done.resume(returning: ())
      }
    }
  }
  return samples.median
}

@LoopActor private func cOvershoot() -> Double {
  var late = [UInt64](repeating: 0, count: waits)
  cb_overshoot(Int32(waits), 500_000, &late)
  return Statistics(late.map { Double($0) }).median
}

/// A timer added and taken back while 100 others wait.
@LoopActor func addAndCancel(_ count: Int) -> Double {
  let loop = LoopActor.shared.loop
  let others = (1...100).map { loop.after(.seconds($0), name: "other") {} }
  let start = loop.now
  for index in 0..<count {
    loop.cancel(loop.after(.milliseconds(500 + 997 * (index % 100)), name: "added") {})
  }
  let time = loop.now - start
  for other in others { loop.cancel(other) }
  return Double(time.nanoseconds) / Double(count)
}
