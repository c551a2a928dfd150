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
        if let first = due.first, heap.next != first.deadline {
          wrong.append("step \(id): not the earliest first")
        }
        heap.takeDue(now)
        // One that is taken can still be cancelled, and what is added meanwhile is not among them.
        let dropped = due.randomElement(using: &random)
        if let dropped, !heap.cancel(dropped.token) { wrong.append("step \(id): a taken one was not there") }
        let token = heap.add(now, "late") {}
        for entry in due where entry.id != dropped?.id {
          if heap.popDue() == nil { wrong.append("step \(id): due, not given") }
          if heap.cancel(entry.token) { wrong.append("step \(id): another one than the earliest fired") }
        }
        model.removeAll { $0.deadline <= now }
        if heap.popDue() != nil { wrong.append("step \(id): fired early") }
        if let dropped, heap.cancel(dropped.token) { wrong.append("step \(id): cancelled twice") }
        if heap.next != now || !heap.cancel(token) { wrong.append("step \(id): the late one is gone") }
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

  /// As when the machine was stopped for long and a periodic timer makes up for it.
  @Test func aTimerThatIsAlwaysLateDelaysNoOther() async throws {
    let late = try await onLoop { () -> Int in
      let loop = LoopActor.shared.loop
      let fired = Recorder<Int>()
      let begin = loop.now
      @LoopActor func again() {
        fired.add(0)
        if fired.values.count < 100 { _ = loop.at(begin, name: "late") { again() } }
      }
      return try await loop.wait(on: "timer") { waiter in
        loop.post {
          again()
          _ = loop.after(.zero, name: "on time") { waiter.resume(returning: fired.values.count) }
        }
      }
    }
    #expect(late <= 3)
  }
}

/// What callbacks on the loop have reported.
@LoopActor final class Recorder<Value: Sendable> {
  private(set) var values: [Value] = []
  nonisolated init() {}
  func add(_ value: Value) { values.append(value) }
}
