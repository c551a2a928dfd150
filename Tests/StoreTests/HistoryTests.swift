// SPDX-License-Identifier: Apache-2.0
import Glibc
import SQLite
import TestSupport
import Testing
import Time

@testable import Store

@Suite struct HistoryTests {
  private static func entry(
    _ number: Int, user: String = "", realm: String = "$CHAT",
    ending: HistoryEntry.Ending = .completed, took: Duration = .milliseconds(5)
  ) -> HistoryEntry {
    HistoryEntry(
      intent: "i\(number)", realm: realm, user: user, origin: "api", started: Int64(number), took: took,
      ending: ending, reason: ending == .completed ? nil : "because")
  }

  private static func add(_ store: TestStore, _ entries: [HistoryEntry]) throws {
    _ = try store.worker.apply([], history: entries, at: store.stamp()).result.get()
  }

  @Test func entriesComeBackTheLatestFirstPageByPage() throws {
    let store = TestStore()
    try Self.add(store, (1...7).map { Self.entry($0) })
    let reader = try HistoryReader(store.options.paths)
    let first = try reader.page(HistoryFilter(limit: 3))
    #expect(first.entries.map(\.intent) == ["i7", "i6", "i5"])
    let second = try reader.page(HistoryFilter(before: try #require(first.next), limit: 3))
    #expect(second.entries.map(\.intent) == ["i4", "i3", "i2"])
    let third = try reader.page(HistoryFilter(before: try #require(second.next), limit: 3))
    #expect(third.entries.map(\.intent) == ["i1"] && third.next == nil)
    var expected = Self.entry(1)
    expected.id = 1
    #expect(third.entries == [expected])
  }

  @Test func aPageCanBeOfOneRealmOrOneUser() throws {
    let store = TestStore()
    try Self.add(
      store,
      [
        Self.entry(1, user: "anna"), Self.entry(2, user: "ben", realm: "$VISION"),
        Self.entry(3, user: "anna", realm: "$VISION", ending: .failed),
      ])
    let reader = try HistoryReader(store.options.paths)
    #expect(try reader.page(HistoryFilter(.user("anna"))).entries.map(\.intent) == ["i3", "i1"])
    #expect(try reader.page(HistoryFilter(.realm("$VISION"))).entries.map(\.intent) == ["i3", "i2"])
    #expect(try reader.page(HistoryFilter(.user("anna"))).entries[0].reason == "because")
  }

  /// The cost of a page does not grow with the table.
  @Test(arguments: ["realm = ?3 AND", "user = ?3 AND", ""])
  func pagesAreReadByAnIndex(_ condition: String) throws {
    let store = TestStore()
    try Self.add(store, [Self.entry(1)])
    let connection = try Connection.open(store.options.paths.shard("default"), .readOnly)
    let plan = try connection.prepare(
      "EXPLAIN QUERY PLAN SELECT * FROM history WHERE \(condition) id < ?1 ORDER BY id DESC LIMIT ?2")
    var steps: [String] = []
    while try plan.step() { steps.append(plan.text(3)) }
    #expect(steps.count == 1 && steps[0].hasPrefix("SEARCH history USING"), "\(steps)")
  }

  @Test func realmsAreCountedInBoundedHistograms() throws {
    let store = TestStore()
    for round in 0..<2 {
      try Self.add(
        store,
        (0..<100).map { Self.entry($0, ending: $0 < 90 ? .completed : .expired, took: .milliseconds($0)) })
      // What was counted is there after a restart.
      store.close()
      store.restart()
      let realms = try HistoryReader(store.options.paths).realms()
      #expect(realms.count == 1 && realms[0].times.total == UInt64(100 * (round + 1)))
      #expect(realms[0].endings[.completed] == 90 * (round + 1))
      #expect(realms[0].times.quantileMS(0.5) == 64 && realms[0].times.quantileMS(0.99) == 128)
    }
  }

  @Test func realmsBeyondTheBoundAreCountedTogether() throws {
    let store = TestStore()
    try Self.add(store, (0..<200).map { Self.entry($0, realm: "$R\($0)") })
    let realms = try HistoryReader(store.options.paths).realms()
    #expect(realms.count == ShardFile.realmsMax + 1)
    #expect(realms.reduce(0) { $0 + $1.times.total } == 200)
  }

  static let durations: [(Duration, Int)] = [
    (.zero, 0), (.microseconds(999), 0), (.milliseconds(1), 1), (.milliseconds(2), 2),
    (.milliseconds(3), 2), (.milliseconds(4), 3), (.seconds(1), 10), (.seconds(100_000), 21),
    (.seconds(-1), 0),
  ]

  @Test(arguments: durations) func aDurationHasItsCounter(_ duration: Duration, _ bucket: Int) {
    #expect(Histogram.bucket(duration) == bucket)
  }

  @Test func usersHaveTotals() throws {
    let store = TestStore()
    let entries = [
      Self.entry(3, user: "ben"), Self.entry(4, user: "ben", ending: .failed), Self.entry(5),
    ]
    try Self.add(store, entries)
    #expect(
      try HistoryReader(store.options.paths).users() == [
        UserTotals(user: "ben", first: 3, last: 4, intents: 2, completed: 1, took: .milliseconds(10))
      ])
  }

  static let homes: [(String, String)] = [
    ("00ab", "north"), ("01", "south"), ("0", "default"), ("", "default"), ("zoe", "default"),
    ("00z9", "far"),
  ]

  @Test(arguments: homes) func theLongestFittingPrefixCounts(_ user: String, _ shard: String) {
    let map = ShardMap(["00": "north", "01": "south", "00z": "far"])
    #expect(map.shard(of: user) == shard)
    #expect(map.shards == ["default", "far", "north", "south"])
  }

  @Test func usersMoveWithTheMapAndNothingIsLost() throws {
    let store = TestStore()
    let users = ["00a", "00b", "01a", "zoe", ""]
    var count = 0
    var maps: [ShardMap] = []
    for prefixes in [[:], ["00": "north"], ["00": "north", "01": "south"], ["00": "south"], [:]] {
      maps.append(ShardMap(prefixes))
    }
    for map in maps {
      store.close()
      store.options.shards = map
      store.restart()
      _ = try store.worker.open(at: store.stamp()).result.get()
      try Self.add(store, users.map { Self.entry(count, user: $0) })
      count += 1
      for user in users {
        let file = try Connection.open(store.options.paths.shard(map.shard(of: user)), .readOnly)
        #expect(try file.integer("SELECT count(*) FROM history WHERE user = '\(user)'") == Int64(count))
      }
      let reader = try HistoryReader(store.options.paths)
      let ids = try reader.page(HistoryFilter(limit: 1000)).entries.map(\.id)
      #expect(ids == (1...Int64(count * 5)).reversed())
      #expect(try reader.users().map(\.intents) == [count, count, count, count])
    }
  }

  /// A crash after the copy and before the removal.
  @Test func aMoveThatWasInterruptedIsDoneAgain() throws {
    let store = TestStore { $0.shards = ShardMap(["a": "north"]) }
    try Self.add(store, [Self.entry(1, user: "anna")])
    store.close()
    do {
      let old = try Connection.open(store.options.paths.shard("default"))
      try old.execute("ATTACH '\(store.options.paths.shard("north"))' AS north")
      try old.execute("INSERT INTO main.history SELECT * FROM north.history")
      try old.execute("INSERT INTO main.users SELECT * FROM north.users")
    }
    store.restart()
    _ = try store.worker.open(at: store.stamp()).result.get()
    let reader = try HistoryReader(store.options.paths)
    #expect(try reader.page(HistoryFilter()).entries.count == 1)
    #expect(try reader.users().map(\.intents) == [1])
  }

  @Test func aHistoryThatCannotBeOpenedLeavesTheJournalAlone() throws {
    let store = TestStore()
    try store.fill(rows: 1)
    mkdir(store.options.paths.shard("default"), 0o700)
    // The second does not try again so soon, and says the same.
    let stamp = store.stamp()
    for number in 1...2 {
      let report = store.worker.apply([store.entry("a", number)], history: [Self.entry(number)], at: stamp)
      #expect((try? report.result.get()) != nil)
      guard case .historyFailed = report.events.first else {
        Issue.record("\(report.events)")
        return
      }
    }
    try store.fill(rows: 1)
    #expect(try store.rows(kind: "store.gap").map { $0.members["lost"] } == [["history": 1], ["history": 1]])
  }

  @Test func theOldestEntriesGoWhenAFileIsTooBig() throws {
    let store = TestStore { options in
      options.historyBytesMax = 200 << 10
      options.checkpointPages = 20
    }
    for round in 0..<40 {
      try Self.add(store, (0..<100).map { Self.entry(round * 100 + $0, user: "u\($0)") })
      _ = store.worker.tidy(at: store.stamp())
    }
    let entries = try HistoryReader(store.options.paths).page(HistoryFilter(limit: 1000)).entries
    #expect(entries.first?.intent == "i3999")
    var file = stat()
    #expect(stat(store.options.paths.shard("default"), &file) == 0 && file.st_size < 500 << 10)
  }
}
