// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Time

@testable import Intents

@Suite struct RealmQueueTests {
  /// A queue with names, at one instant.
  struct Queue {
    var queue = RealmQueue()
    var places = QueuePlaces()
    var intents: [Intent] = []

    mutating func insert(
      _ deadline: Int, user: String = "u", priority: Intent.Priority = .normal
    ) {
      intents.append(
        Intent(
          id: "\(intents.count)", realm: "$CHAT", payload: .text(""),
          deadline: Instant(milliseconds: UInt64(deadline)), priority: priority, origin: .user, user: user))
      queue.insert(Int32(intents.count - 1), intents[intents.count - 1], at: .zero, &places)
    }

    mutating func start() -> Int? {
      guard let slot = queue.first() else { return nil }
      queue.start(slot, &places)
      return Int(slot)
    }

    mutating func remove(_ slot: Int) { queue.remove(Int32(slot), &places) }

    mutating func drain() -> [Int] {
      var order: [Int] = []
      while let slot = start() { order.append(slot) }
      return order
    }
  }

  @Test func theEarliestDeadlineOfAUserIsFirstAndEqualOnesInTheirOrder() {
    var queue = Queue()
    for deadline in [5, 3, 9, 3, 1] { queue.insert(deadline) }
    #expect(queue.drain() == [4, 1, 3, 0, 2])
  }

  @Test func anyOrderOfAddingAndTakingOutKeepsTheHeapInOrder() {
    var random = Seed.generator()
    for _ in 0..<200 {
      var queue = Queue()
      var waiting: Set<Int> = []
      for _ in 0..<Int.random(in: 1...300, using: &random) {
        if let victim = waiting.randomElement(using: &random), Int.random(in: 0..<3, using: &random) == 0 {
          queue.remove(victim)
          waiting.remove(victim)
        } else {
          waiting.insert(queue.intents.count)
          queue.insert(Int.random(in: 0...1000, using: &random))
        }
      }
      let intents = queue.intents
      let expected = waiting.sorted {
        (intents[$0].deadline, $0) < (intents[$1].deadline, $1)
      }
      #expect(queue.drain() == expected)
      #expect(queue.queue.count == 0)
    }
  }

  @Test func ofSeveralUsersEachHasItsTurnHoweverManyRequestsTheOthersHave() {
    var random = Seed.generator()
    for _ in 0..<200 {
      var queue = Queue()
      let users = Int.random(in: 2...12, using: &random)
      for user in 0..<users {
        for _ in 0..<Int.random(in: 5...60, using: &random) {
          queue.insert(Int.random(in: 1...100_000, using: &random), user: "\(user)")
        }
      }
      // While all of them wait, nobody waits for more than two rounds.
      var lastTurn = Array(repeating: 0, count: users)
      var waiting = Dictionary(grouping: queue.intents.indices) { queue.intents[$0].user }
        .mapValues(\.count)
      var turn = 0
      while waiting.values.allSatisfy({ $0 > 0 }), let slot = queue.start() {
        turn += 1
        let user = queue.intents[slot].user
        waiting[user, default: 0] -= 1
        lastTurn[Int(user ?? "") ?? 0] = turn
        #expect(lastTurn.allSatisfy { turn - $0 < 2 * users })
      }
    }
  }

  @Test func whoAsksOneByOneHasNoMoreThanWhoAskedForAllAtOnce() {
    var queue = Queue()
    for _ in 0..<100 { queue.insert(1000, user: "all") }
    queue.insert(1, user: "one by one")
    var turns = 0
    for _ in 0..<100 {
      guard let slot = queue.start() else { break }
      if queue.intents[slot].user == "one by one" {
        turns += 1
        queue.insert(1, user: "one by one")
      }
    }
    #expect((49...51).contains(turns))
  }

  @Test func aLowPriorityHasEachNinthStart() {
    var queue = Queue()
    for _ in 0..<30 { queue.insert(1, priority: .high) }
    for _ in 0..<3 { queue.insert(1, priority: .low) }
    let order = queue.drain().map { queue.intents[$0].priority }
    #expect(order.indices.filter { order[$0] == .low } == [8, 17, 26])
  }

  @Test(arguments: [(0, 0), (200, 0), (600, 1), (1200, 3), (200_000, 4)])
  func thePositionOfANewcomerIsEstimated(_ deadline: Int, _ ahead: Int) {
    var queue = Queue()
    for deadline in [500, 1000, 1000, 150_000] { queue.insert(deadline, user: "u") }
    var newcomer = queue.intents[0]
    newcomer.deadline = Instant(milliseconds: UInt64(deadline))
    #expect(queue.queue.ahead(of: newcomer, at: .zero) == ahead)
    newcomer.user = "v"
    #expect(queue.queue.ahead(of: newcomer, at: .zero) == min(1, ahead))
    newcomer.priority = .high
    #expect(queue.queue.ahead(of: newcomer, at: .zero) == 0)
  }
}
