// SPDX-License-Identifier: Apache-2.0
import CFaultVFS
import Glibc
import JSON
import SQLite
import TestSupport
import Testing

@testable import Store

/// A medium that fails at any call, and power that goes at any call: what was promised is there
/// afterwards, the chain holds, and the store works again.
@Suite(.serialized) struct FaultTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: fv_fault
    let isLasting: Bool

    init(_ description: String, _ kind: fv_fault, lasting: Bool) {
      testDescription = description
      self.kind = kind
      isLasting = lasting
    }
  }

  static let faults = [
    Fault("ENOSPC once", FV_NO_SPACE, lasting: false),
    Fault("ENOSPC from then on", FV_NO_SPACE, lasting: true),
    Fault("EIO once", FV_IO_ERROR, lasting: false),
    Fault("EIO from then on", FV_IO_ERROR, lasting: true),
    Fault("ENOMEM once", FV_NO_MEMORY, lasting: false),
    Fault("ENOMEM from then on", FV_NO_MEMORY, lasting: true),
    Fault("power cut", FV_POWER_CUT, lasting: true),
  ]

  /// `MTOR_FAULT_CALLS=all`: in each scenario every call fails once, not a part of them.
  static let playsAll = getenv("MTOR_FAULT_CALLS").map { String(cString: $0) } == "all"

  /// More calls than the scenario makes: a fault that never runs out is a mistake of the test.
  static let callsMax: UInt64 = 20_000

  @Test(arguments: faults) func whatWasPromisedIsThereWhicheverCallFails(_ fault: Fault) throws {
    try play(JournalFaultRun.self, fault)
  }

  @Test(arguments: faults) func theHistoryMovesAndIsCountedWhicheverCallFails(_ fault: Fault) throws {
    try play(ShardFaultRun.self, fault)
  }

  @Test(arguments: faults) func whatIsOwedIsThereOrToldAsDroppedWhicheverCallFails(_ fault: Fault) throws {
    try play(OutboxFaultRun.self, fault)
  }

  /// Plays the scenario again and again, with the fault at its first call, its second, …
  private func play<Run: FaultRun>(_: Run.Type, _ fault: Fault) throws {
    var random = Seed.generator("\(Run.self), \(fault.testDescription)")
    #expect(fv_register() == 0)
    var k: UInt64 = 1
    while true {
      fv_reset()
      let run = Run(fault)
      let hasStruck = run.play(strikingAt: k)
      run.recover(seed: random.next())
      let problem = try run.problem()
      #expect(problem == nil, "call \(k): \(problem ?? "")")
      if problem != nil || !hasStruck || k > Self.callsMax { break }
      // Memory is asked for thousands of times in the same places.
      let stride = fault.kind == FV_NO_MEMORY && k > 200 ? max(60, Run.stride) : k > 100 ? Run.stride : 1
      k += UInt64.random(in: 1...stride, using: &random)
    }
    #expect(k > 60 && k < Self.callsMax)
    fv_reset()
  }
}

/// One run of a scenario on a fresh medium.
protocol FaultRun {
  /// Beyond the first hundred calls, the most from one that fails to the next.
  static var stride: UInt64 { get }
  init(_ fault: FaultTests.Fault)
  /// Returns whether the fault has struck.
  func play(strikingAt k: UInt64) -> Bool
  /// The fault goes away (`TestStore.endFault`), and the scenario goes on.
  func recover(seed: UInt64)
  /// What is not as it was promised.
  func problem() throws -> String?
}

extension TestStore {
  /// The medium is good again: for the same process, or after a power cut for the next.
  func endFault(_ fault: FaultTests.Fault, seed: UInt64) {
    if fault.kind == FV_POWER_CUT {
      restart()
      fv_power_cut(seed)
    } else {
      fv_disarm()
    }
  }
}

/// Rows and a checkpoint.
private final class JournalFaultRun: FaultRun {
  static let stride: UInt64 = 1
  private let fault: FaultTests.Fault
  private let store: TestStore
  /// Rows by the number in their bodies.
  private var promised: Set<Int64> = []
  private var refused: Set<Int64> = []
  private var promisedCheckpoint: Int64 = 0
  private var unpromisedCheckpoints: Set<Int64> = []
  private var failedChanges = 0
  private var number: Int64 = 0
  /// Everything is stored again since the fault has gone.
  private var worksAgain = true

  init(_ fault: FaultTests.Fault) {
    self.fault = fault
    // In memory: thousands of runs would wait for the disk at each head.
    unlink(Self.anchor)
    store = TestStore { options in
      options.paths = StorePaths(directory: options.paths.directory, anchor: Self.anchor)
      options.vfs = FV_NAME
      options.headRows = 5
      options.checkpointPages = 24
      options.journalBytesMax = 60 << 10
      options.signingKey = TestStore.key
    }
  }

  private static let anchor = "/dev/shm/mtor-fault-\(getpid()).json"

  deinit { unlink(Self.anchor) }

  func play(strikingAt k: UInt64) -> Bool {
    fv_arm(fault.kind, k, fault.isLasting ? 1 : 0)
    for round in 0..<10 { commit(rows: 1 + round % 3, padding: round % 4 == 0 ? 3000 : 40) }
    store.close()
    return fv_struck() != 0
  }

  private func commit(rows: Int, padding: Int) {
    var writes: [Write] = []
    for _ in 0..<rows {
      number += 1
      writes.append(store.entry("test.row", Int(number), padding: padding))
    }
    writes.append(.checkpoint(key: "last", body: Array("\(number)".utf8)))
    let numbers = (number - Int64(rows) + 1)...number
    if case .success = store.apply(writes) {
      promised.formUnion(numbers)
      promisedCheckpoint = number
      unpromisedCheckpoints = []
    } else {
      refused.formUnion(numbers)
      unpromisedCheckpoints.insert(number)
      failedChanges += writes.count
    }
    _ = store.worker.tidy(at: store.stamp())
  }

  func recover(seed: UInt64) {
    store.endFault(fault, seed: seed)
    if fault.kind == FV_POWER_CUT { failedChanges = 0 }
    let before = promised.count
    for _ in 0..<3 { commit(rows: 1, padding: 10) }
    worksAgain = promised.count == before + 3
    store.close()
  }

  func problem() throws -> String? {
    if !worksAgain { return "it does not work again" }
    let check = try store.verify(key: TestStore.key?.publicKey)
    if !check.faults.isEmpty { return "\(check.faults)" }
    if !check.losses.isEmpty { return "lost: \(check.losses)" }
    let rows = try store.rows()
    let stored = rows.filter { $0.kind == "test.row" }.compactMap { $0.members["n"]?.integerValue }
    if Set(stored).count != stored.count || stored != stored.sorted() { return "order: \(stored)" }
    // The oldest may have been removed to keep the size.
    let oldest = stored.first ?? 0
    let missing = promised.filter { $0 >= oldest && !stored.contains($0) }
    if !missing.isEmpty { return "promised rows are missing: \(missing.sorted())" }
    if let unknown = stored.first(where: { !promised.contains($0) && !refused.contains($0) }) {
      return "nobody wrote \(unknown)"
    }
    let told = rows.filter { $0.kind == Unstored.kind }.reduce(0) { sum, row in
      let lost = row.members["lost"]?.objectValue?.members ?? []
      return sum + lost.reduce(0) { $0 + Int($1.value.integerValue ?? 0) }
    }
    if told != failedChanges { return "\(failedChanges) changes failed, the journal tells \(told)" }
    return try checkpointProblem()
  }

  private func checkpointProblem() throws -> String? {
    store.restart()
    let found = try store.worker.checkpoints(prefix: "last")
    let value = found.first.flatMap { Int64(String(decoding: $0.body, as: UTF8.self)) }
    let isRight = value == promisedCheckpoint || value.map(unpromisedCheckpoints.contains) == true
    return isRight ? nil : "checkpoint \(value ?? -1), promised \(promisedCheckpoint)"
  }
}
