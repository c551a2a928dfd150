// SPDX-License-Identifier: Apache-2.0
import Testing
import Time

@testable import Intents

@Suite struct StrategyTests {
  /// A worker's score, load (thousandths) and latency (ms).
  struct Member: Sendable {
    var score = 100
    var load = 0
    var latency: Int?
  }

  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var strategy: Strategy
    var members: [Member]
    /// Who is asked, in six requests, each answered at once.
    var chosen: [Int]
  }

  @Test(arguments: [
    Course(
      testDescription: "equal ones take turns", strategy: .health, members: [.init(), .init(), .init()],
      chosen: [0, 1, 2, 0, 1, 2]),
    Course(
      testDescription: "a much better score first", strategy: .health,
      members: [.init(score: 60), .init(score: 90, load: 500)], chosen: [1, 1, 1, 1, 1, 1]),
    Course(
      testDescription: "a little worse is as good", strategy: .health,
      members: [.init(score: 90), .init(score: 100, load: 500)], chosen: [0, 0, 0, 0, 0, 0]),
    Course(
      testDescription: "the faster among equals", strategy: .health,
      members: [.init(latency: 900), .init(latency: 200)], chosen: [1, 1, 1, 1, 1, 1]),
    Course(
      testDescription: "nearly as fast is as good", strategy: .leastBusy,
      members: [.init(latency: 500), .init(latency: 510)], chosen: [0, 1, 0, 1, 0, 1]),
    Course(
      testDescription: "an unknown latency is worth a try", strategy: .leastBusy,
      members: [.init(latency: 5), .init()], chosen: [1, 1, 1, 1, 1, 1]),
    Course(
      testDescription: "the least loaded whatever its score", strategy: .leastBusy,
      members: [.init(score: 100, load: 250), .init(score: 10)], chosen: [1, 1, 1, 1, 1, 1]),
    Course(
      testDescription: "in turn whatever they do", strategy: .roundRobin,
      members: [.init(score: 1), .init(load: 900), .init()], chosen: [0, 1, 2, 0, 1, 2]),
    Course(
      testDescription: "two members of an automatic pool go by health", strategy: .auto,
      members: [.init(score: 10), .init()], chosen: [1, 1, 1, 1, 1, 1]),
    Course(
      testDescription: "very different scores: by health", strategy: .auto,
      members: [.init(score: 10), .init(), .init()], chosen: [1, 2, 1, 2, 1, 2]),
    Course(
      testDescription: "low scores: the least busy", strategy: .auto,
      members: [.init(score: 60, load: 500), .init(score: 50), .init(score: 60, load: 500)],
      chosen: [1, 1, 1, 1, 1, 1]),
    Course(
      testDescription: "good scores: in turn", strategy: .auto,
      members: [.init(load: 500), .init(score: 90), .init()], chosen: [0, 1, 2, 0, 1, 2]),
  ])
  func membersAreChosen(_ course: Course) {
    var pool = WorkerPool(realm: 0, name: nil, strategy: course.strategy)
    for index in course.members.indices {
      pool.add(Int32(index))
      pool.set(Int32(index), .init(isUsable: true, score: course.members[index].score))
    }
    for index in course.members.indices { offer(index, course.members[index], UInt64(index), &pool) }
    let chosen = (0..<6).map { turn -> Int in
      let worker = Int(pool.select(topic: -1, tried: Tried()) ?? -1)
      offer(worker, course.members[worker], UInt64(100 + turn), &pool)
      return worker
    }
    #expect(chosen == course.chosen)
  }

  private func offer(_ index: Int, _ member: Member, _ lastStart: UInt64, _ pool: inout WorkerPool) {
    var random = SeededGenerator(seed: 1)
    let speed = Strategy.speedClass(nanoseconds: Int64(member.latency ?? 0) * 1_000_000)
    pool.setReady(
      Int32(index),
      Standing(score: member.score, load: member.load, speed: speed, lastStart: lastStart), &random)
  }

  @Test func noneThatWasTriedIsChosen() {
    var pool = WorkerPool(realm: 0, name: nil, strategy: .health)
    for index in 0..<3 {
      pool.add(Int32(index))
      pool.set(Int32(index), .init(isUsable: true))
      offer(index, Member(), UInt64(index), &pool)
    }
    var tried = Tried()
    for worker in [0, 1, 2] as [Int32?] {
      #expect(pool.select(topic: -1, tried: tried) == worker)
      worker.map { tried.insert($0) }
    }
    #expect(pool.select(topic: -1, tried: tried) == nil)
    #expect(pool.readyCount == 3)
  }

  @Test(
    arguments: [
      ([0.1], 0.1), ([1, 2, 3, 4], 2), ([0.4, 0.4, 0.4, 9], 0.4), ([3_600_000], 3_600_000),
    ] as [([Double], Double)])
  func theMedianIsWithinAQuarter(_ milliseconds: [Double], _ median: Double) {
    var latencies = Latencies()
    for value in milliseconds { latencies.add(Int64(value * 1e6)) }
    let found = Double(latencies.quantile(0.5)) / 1e6
    #expect(found >= median && found <= max(0.27, 1.34 * median))
  }
}
