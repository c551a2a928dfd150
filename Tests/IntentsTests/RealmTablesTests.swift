// SPDX-License-Identifier: Apache-2.0
import Testing
import Time

@testable import Intents

/// What is kept of realms and workers that come and go, and of workers that refuse.
@Suite struct RealmTablesTests {
  @Test func realmsThatComeAndGoLeaveNothingBehind() {
    var script = Script(
      realms: [RealmProfile("$CHAT", pools: [PoolProfile("$P", members: ["w1"])])],
      workers: [.init("w1", realms: ["$CHAT"], models: ["m"], slots: 4)])
    let first = script.machine.pools.count
    for round in 0..<40 {
      // One call under way outlives its realm.
      script.play("\(round * 10) submit a\(round) model=m idempotent")
      script.play("\(round * 10 + 1) unrealm $CHAT")
      script.handle(.realm(RealmProfile("$CHAT", pools: [PoolProfile("$P", members: ["w1"])])))
      script.play("\(round * 10 + 5) answer a\(round) w1")
    }
    #expect(script.told.count { $0.contains("completed by w1") } == 40)
    #expect(script.machine.pools.count <= 2 * first + 2)
    #expect(script.machine.realms.count <= 2)
  }

  @Test(arguments: [
    (WorkerFailure.Kind.misconfigured, WorkerReport.State.away), (.unreachable, .away), (.refused, .ready),
    (.unsupported, .ready),
  ])
  func aWorkerThatWouldRefuseAnybodyIsKeptAwayFrom(
    _ kind: WorkerFailure.Kind, _ state: WorkerReport.State
  ) {
    var script = Script(realms: [RealmProfile("$CHAT")], workers: [.init("w1", realms: ["$CHAT"])])
    for (index, id) in ["a", "b", "c"].enumerated() {
      script.play("\(index) submit \(id)")
      script.play("\(index) fail \(id) w1 \(kind.rawValue)")
    }
    #expect(script.machine.workerReports(at: Instant(milliseconds: 3)).map(\.state) == [state])
  }
}
