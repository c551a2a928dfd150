// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Time

@testable import Store

/// The store as the daemon has it: on the loop, with its queue.
@Suite struct StoreTests {
  private static func store(
    _ directory: TemporaryDirectory, _ change: (inout StoreOptions) -> Void = { _ in }
  ) async throws -> Store {
    var options = StoreOptions(StorePaths(directory: directory.file("store")))
    change(&options)
    let chosen = options
    return try await onLoop {
      let store = Store(chosen)
      store.open()
      return store
    }
  }

  private static func rows(_ directory: TemporaryDirectory) throws -> [JournalRow] {
    var rows: [JournalRow] = []
    _ = try JournalReader.open(StorePaths(directory: directory.file("store")).main).visit(after: 0) {
      rows.append($0)
      return true
    }
    return rows
  }

  @Test func whatIsCommittedNowIsInTheFileWhenTheCallerHearsOfIt() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory)
    let found = try await onLoop {
      try await store.commit([.journal(JournalEntry("a")), .checkpoint(key: "k", body: [1])])
      return try Self.rows(directory).map(\.kind)
    }
    #expect(found == ["a"])
    #expect(try await onLoop { try await store.checkpoints(prefix: "k") }.map(\.seq) == [1])
    try await onLoop { await store.close() }
  }

  @Test func severalThatWaitShareACommit() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory)
    let results = Locked<[Int64]>([])
    try await onLoop {
      try await store.commit([])
      for number in 1...20 {
        try store.commit([.journal(JournalEntry("a\(number)"))], .now) { result in
          results.withLock { $0.append((try? result.get()) ?? -1) }
        }
      }
      await store.close()
    }
    // The first goes alone; those that came while it was written go together.
    #expect(results.withLock { $0 } == [1] + Array(repeating: 20, count: 19))
    #expect(try Self.rows(directory).map(\.kind) == (1...20).map { "a\($0)" })
  }

  @Test func soonWaitsForEnoughRows() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory)
    try await onLoop {
      try await store.commit([])
      for _ in 1..<Store.soonRows { try store.commit([.journal(JournalEntry("a"))], .soon) }
      // In the same turn of the loop, so that no second can pass before.
      #expect(try Self.rows(directory).isEmpty)
      try store.commit([.journal(JournalEntry("a"))], .soon)
    }
    #expect(try await eventually { store.status.stored == Store.soonRows })
    try await onLoop { await store.close() }
  }

  @Test func soonDoesNotWaitForEver() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory)
    try await onLoop { store.note(JournalEntry("a")) }
    #expect(try await eventually { store.status.stored == 1 })
    try await onLoop { await store.close() }
  }

  @Test func closingStoresWhatWaitsAndMakesAHead() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory)
    try await onLoop {
      store.note(JournalEntry("a"))
      await store.close()
    }
    let paths = StorePaths(directory: directory.file("store"))
    #expect(access("\(paths.main)-wal", F_OK) != 0)
    #expect(try Anchor(path: paths.anchor).read()?.seq == 1)
    #expect(try Self.rows(directory).map(\.kind) == ["a"])
    let late = try await onLoop { thrown(StoreError.self) { try store.commit([], .now) } }
    #expect(late == .closed)
  }

  @Test func theHeadsOfManyRowsAreSoonOutsideToo() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory) { $0.headRows = 2 }
    let head = try await onLoop {
      for _ in 0..<20 { try await store.commit([.journal(JournalEntry("a"))]) }
      return store.status.headSeq
    }
    #expect(head == 20)
    let anchor = Anchor(path: StorePaths(directory: directory.file("store")).anchor)
    #expect(try await eventually { try anchor.read()?.seq == 20 })
    try await onLoop { await store.close() }
  }

  @Test func whatWaitsIsBoundedAndNowHasTheLastHalf() async throws {
    let directory = TemporaryDirectory()
    // Nothing is opened: the first batch waits for ever.
    let store = try await onLoop { Store(StoreOptions(StorePaths(directory: directory.file("store")))) }
    let counts = try await onLoop {
      var soon = 0
      var now = 0
      // In flight from the first row on: the queue's answer comes after this turn of the loop.
      while (try? store.commit([.journal(JournalEntry("a"))], .soon)) != nil { soon += 1 }
      while (try? store.commit([.journal(JournalEntry("a"))], .now)) != nil { now += 1 }
      let refusal = thrown(StoreError.self) { try store.commit([.journal(JournalEntry("b"))], .now) }
      #expect(
        refusal == .backlogFull(rowsMax: Store.waitingRowsMax, bytesMax: Store.waitingBytesMax))
      return (soon, now)
    }
    #expect(counts.0 == Store.waitingRowsMax / 2 + Store.soonRows)
    #expect(counts.0 + counts.1 >= Store.waitingRowsMax)
    try await onLoop { await store.close() }
    let rows = try Self.rows(directory)
    #expect(rows.filter { $0.kind == "a" }.count == counts.0 + counts.1)
    // What was refused is told too.
    #expect(rows.first { $0.kind == "store.gap" }?.members["lost"] == ["a": 2, "b": 1])
  }

  @Test func whatIsTooBigIsRefusedByName() async throws {
    let directory = TemporaryDirectory()
    let store = try await Self.store(directory)
    let errors = try await onLoop {
      let big = JournalEntry("big", ["a": .string(String(repeating: "x", count: JournalEntry.bodyBytesMax))])
      return [
        thrown(StoreError.self) { try store.commit([.journal(big)], .now) },
        thrown(StoreError.self) {
          try store.commit([.checkpoint(key: String(repeating: "k", count: 129), body: nil)], .now)
        },
      ]
    }
    #expect(errors[0]?.description.hasPrefix("the body of 'big' has ") == true)
    #expect(errors[1] == .tooBig(what: "the checkpoint's key", bytes: 129, bytesMax: 128))
    try await onLoop { await store.close() }
  }

  @Test func aStoreThatCannotBeOpenedRefusesAndRecovers() async throws {
    let directory = TemporaryDirectory()
    let options = StoreOptions(StorePaths(directory: directory.file("none/store")))
    let store = try await onLoop { Store(options) }
    let failed = await thrown(StoreError.self) {
      try await onLoop { try await store.commit([.journal(JournalEntry("a"))]) }
    }
    #expect(failed?.description.contains("none/store") == true)
    mkdir(directory.file("none"), 0o700)
    let isBack = try await eventually {
      store.note(JournalEntry("c"))
      return store.status.isOpen
    }
    #expect(isBack)
    try await onLoop { await store.close() }
    #expect(try await onLoop { store.status.unstored } > 0)
  }
}
