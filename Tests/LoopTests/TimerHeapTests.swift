// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Time

@testable import Loop

@Suite struct TimerHeapTests {
  /// Random adds, cancels and expiries against a list sorted by deadline and order of adding.
  @Test func timersFireLikeASortedList() {
    var random = Seed.generator()
    var heap = TimerHeap()
    var model: [(deadline: Instant, id: Int, token: TimerToken)] = []
    var cancelled: [TimerToken] = []
    var now = Instant.zero
    var wrong: [String] = []
    for id in 0..<4000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6:
        let deadline = now + .nanoseconds(Int64.random(in: 0..<50, using: &random))
        model.append((deadline, id, heap.add(deadline, "timer") {}))
      case 6..<8:
        guard let index = model.indices.randomElement(using: &random) else { continue }
        let token = model.remove(at: index).token
        if !heap.cancel(token) { wrong.append("step \(id): a waiting timer was not there") }
        cancelled.append(token)
      default:
        now = now + .nanoseconds(Int64.random(in: 0..<40, using: &random))
        let due = model.filter { $0.deadline <= now }.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
        for entry in due {
          if heap.next != entry.deadline { wrong.append("step \(id): not the earliest first") }
          if heap.popDue(now, upTo: heap.lastOrder) == nil { wrong.append("step \(id): due, not given") }
          if heap.cancel(entry.token) { wrong.append("step \(id): another one than the earliest fired") }
        }
        model.removeAll { $0.deadline <= now }
        if heap.popDue(now, upTo: heap.lastOrder) != nil { wrong.append("step \(id): fired early") }
      }
      if heap.count != model.count { wrong.append("step \(id): \(heap.count) timers, not \(model.count)") }
    }
    for token in cancelled where heap.cancel(token) { wrong.append("cancelled twice") }
    #expect(wrong == [])
  }

  @Test func equalDeadlinesFireInTheOrderTheyWereAdded() async throws {
    let order = try await onLoop { () -> [Int] in
      let loop = LoopActor.shared.loop
      let deadline = loop.now
      let fired = Recorder<Int>()
      for id in 0..<20 { _ = loop.at(deadline, name: "equal") { fired.add(id) } }
      try await loop.sleep(for: .milliseconds(1))
      return fired.values
    }
    #expect(order == Array(0..<20))
  }
}

/// What callbacks on the loop have reported.
@LoopActor final class Recorder<Value: Sendable> {
  private(set) var values: [Value] = []
  nonisolated init() {}
  func add(_ value: Value) { values.append(value) }
}
