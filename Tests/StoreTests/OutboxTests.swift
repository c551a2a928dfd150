// SPDX-License-Identifier: Apache-2.0
import SQLite
import TestSupport
import Testing

@testable import Store

@Suite struct OutboxTests {
  private static func item(
    _ text: String, _ priority: OutboxItem.Priority = .normal, channel: String = "hook",
    deadline: Int64? = nil
  ) -> Write {
    .owe(
      OutboxItem(
        channel: channel, priority: priority, created: 1, deadline: deadline, body: Array(text.utf8)))
  }

  private static func texts(_ items: [OutboxItem]) -> [String] {
    items.map { $0.isGap ? "gap \($0.dropped)" : String(decoding: $0.body, as: UTF8.self) }
  }

  @Test func theHighestPriorityGoesFirstThenTheOldest() throws {
    let store = TestStore()
    _ = try store.apply([
      Self.item("a", .low), Self.item("b"), Self.item("c", .urgent), Self.item("d"),
      Self.item("e", channel: "other"),
    ]).get()
    #expect(try Self.texts(store.worker.owed(channel: "hook", limit: 10)) == ["c", "b", "d", "a"])
    #expect(try Self.texts(store.worker.owed(channel: "hook", limit: 2)) == ["c", "b"])
  }

  @Test func anItemStaysUntilItIsAcknowledgedOverRestartsToo() throws {
    let store = TestStore()
    _ = try store.apply([Self.item("a")]).get()
    let id = try #require(try store.worker.owed(channel: "hook", limit: 1).first).id
    _ = try store.apply([.attempted(id: id)]).get()
    store.close()
    store.restart()
    #expect(try store.worker.owed(channel: "hook", limit: 1).first?.attempts == 1)
    _ = try store.apply([.acknowledged(id: id, dropped: 0)]).get()
    #expect(try store.worker.owed(channel: "hook", limit: 1).isEmpty)
    // Its number is not used again: the receiver would take the next for the same.
    _ = try store.apply([Self.item("b")]).get()
    #expect(try store.worker.owed(channel: "hook", limit: 1).first?.id == id + 1)
  }

  @Test func theLowestPriorityIsDroppedAndTheGapIsExact() throws {
    let store = TestStore { $0.outboxBytesMax = 20 * (OutboxItem.overheadBytes + 100) }
    let padding = String(repeating: "x", count: 98)
    for number in 10..<40 { _ = try store.apply([Self.item("\(number)" + padding, .low)]).get() }
    for number in 50..<60 { _ = try store.apply([Self.item("\(number)" + padding, .high)]).get() }
    let items = try store.worker.owed(channel: "hook", limit: 100)
    let gap = try #require(items.first)
    #expect(gap.dropped + items.count - 1 == 40)
    // The youngest of the low ones are left, and none of the high ones is missing.
    let numbers = items.dropFirst().map { String(decoding: $0.body.prefix(2), as: UTF8.self) }
    #expect(numbers.prefix(10) == (50..<60).map { "\($0)" }[...])
    #expect(numbers.last == "39" && items.reduce(0) { $0 + $1.bytes } <= store.options.outboxBytesMax)
    #expect(try store.rows(kind: "outbox.gap").count == 1)
  }

  @Test func whatIsDroppedWhileAGapIsSentIsNotForgotten() throws {
    let store = TestStore { $0.outboxBytesMax = 2 * OutboxItem.overheadBytes + 1 }
    _ = try store.apply([Self.item("a"), Self.item("b")]).get()
    let sent = try #require(try store.worker.owed(channel: "hook", limit: 1).first)
    #expect(sent.dropped == 1)
    _ = try store.apply([Self.item("c"), Self.item("d")]).get()
    _ = try store.apply([.acknowledged(id: sent.id, dropped: sent.dropped)]).get()
    let left = try #require(try store.worker.owed(channel: "hook", limit: 1).first)
    #expect(left.dropped == 2 && left.id == sent.id)
    _ = try store.apply([.acknowledged(id: left.id, dropped: left.dropped)]).get()
    #expect(try Self.texts(store.worker.owed(channel: "hook", limit: 9)) == ["d"])
  }

  @Test func whatIsTooLateIsToldAsAGap() throws {
    let store = TestStore()
    _ = try store.apply([Self.item("late", deadline: 1), Self.item("a", deadline: .max)]).get()
    _ = try store.apply([Self.item("b")]).get()
    #expect(try Self.texts(store.worker.owed(channel: "hook", limit: 9)) == ["gap 1", "a", "b"])
  }

  @Test func whatWasRolledBackIsNotCounted() throws {
    let store = TestStore { $0.outboxBytesMax = 10 * OutboxItem.overheadBytes }
    _ = try store.apply([Self.item("a")]).get()
    let main = try store.worker.opened(at: store.stamp())
    let before = try store.worker.owed(channel: "hook", limit: 99)
    // A key that breaks a constraint fails after the items were added.
    #expect(throws: (any Error).self) {
      try main.transact { () throws(SQLiteError) in
        for _ in 0..<20 { try main.apply(Self.item("x"), at: store.stamp()) }
        try main.connection.execute("INSERT INTO checkpoints VALUES('k', NULL, 1)")
      }
    }
    #expect(try store.worker.owed(channel: "hook", limit: 99) == before)
    _ = try store.apply([Self.item("b")]).get()
    #expect(try Self.texts(store.worker.owed(channel: "hook", limit: 9)) == ["a", "b"])
  }
}
