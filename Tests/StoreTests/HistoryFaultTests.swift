// SPDX-License-Identifier: Apache-2.0
import CFaultVFS
import SQLite
import TestSupport
import Testing

@testable import Store

extension FaultTests {
  /// The history's files on the same medium: an entry of which nobody was told that it failed is there.
  @Test(arguments: faults) func noEntryOfTheHistoryIsLostSilentlyWhicheverCallFails(_ fault: Fault) throws {
    var random = Seed.generator("theHistory, \(fault.testDescription)")
    #expect(fv_register() == 0)
    var k: UInt64 = 1
    while true {
      let run = HistoryRun(fault)
      let hasStruck = run.play(strikingAt: k)
      run.recover(seed: random.next())
      let problem = try run.problem()
      #expect(problem == nil, "call \(k): \(problem ?? "")")
      if problem != nil || !hasStruck || k > Self.callsMax { break }
      k += fault.kind == FV_NO_MEMORY || k > 100 ? UInt64.random(in: 1...40, using: &random) : 1
    }
    #expect(k > 60 && k < Self.callsMax)
    fv_reset()
  }
}

/// One run on a fresh medium: entries of two shards, and the files kept small meanwhile.
private final class HistoryRun {
  private let fault: FaultTests.Fault
  private let store: TestStore
  private var promised: Set<String> = []
  private var number = 0
  private var worksAgain = true

  init(_ fault: FaultTests.Fault) {
    self.fault = fault
    fv_reset()
    store = TestStore { options in
      options.vfs = FV_NAME
      options.shards = ShardMap(["a": "north"])
      options.checkpointPages = 8
    }
  }

  /// Returns whether the fault has struck.
  func play(strikingAt k: UInt64) -> Bool {
    fv_arm(fault.kind, k, fault.isLasting ? 1 : 0)
    for _ in 0..<6 { add() }
    store.close()
    return fv_struck() != 0
  }

  private func add() {
    let entries = ["anna", "ben"].map { user in
      number += 1
      return HistoryEntry(
        intent: "i\(number)", realm: "$CHAT", user: user, origin: "api", started: Int64(number), took: .zero,
        ending: .completed)
    }
    let report = store.worker.apply([], history: entries, at: store.stamp())
    if report.events.isEmpty { promised.formUnion(entries.map(\.intent)) }
    _ = store.worker.tidy(at: store.stamp())
  }

  /// The fault goes away: with the same process, or after a power cut with another.
  func recover(seed: UInt64) {
    if fault.kind == FV_POWER_CUT {
      store.restart()
      fv_power_cut(seed)
    } else {
      fv_disarm()
    }
    let before = promised.count
    for _ in 0..<2 { add() }
    worksAgain = promised.count == before + 4
    store.close()
  }

  /// What is not as it was promised.
  func problem() throws -> String? {
    if !worksAgain { return "it does not work again" }
    var stored: [String] = []
    for shard in ["default", "north"] {
      let file = try Connection.open(store.options.paths.shard(shard), .readOnly, vfs: FV_NAME)
      let rows = try file.prepare("SELECT intent FROM history ORDER BY id")
      while try rows.step() { stored.append(rows.text(0)) }
    }
    if Set(stored).count != stored.count { return "twice: \(stored)" }
    let missing = promised.subtracting(stored)
    return missing.isEmpty ? nil : "promised entries are missing: \(missing.sorted())"
  }
}
