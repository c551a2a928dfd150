// SPDX-License-Identifier: Apache-2.0
import CFaultVFS
import SQLite
import Time

@testable import Store

/// The history of three users, two of whom move to another shard and back.
final class ShardFaultRun: FaultRun {
  static let stride: UInt64 = FaultTests.playsAll ? 1 : 6
  private static let users = ["00a", "01b", "zoe"]
  private static let maps: [[String: String]] = [[:], ["00": "north", "01": "south"], ["01": "north"]]

  private let fault: FaultTests.Fault
  private let store: TestStore
  private var promised: Set<String> = []
  private var refused: Set<String> = []
  private var number = 0
  private var worksAgain = true

  init(_ fault: FaultTests.Fault) {
    self.fault = fault
    store = TestStore { options in
      options.vfs = FV_NAME
      options.checkpointPages = 24
      options.shards = ShardMap(Self.maps[1])
    }
  }

  func play(strikingAt k: UInt64) -> Bool {
    fv_arm(fault.kind, k, fault.isLasting ? 1 : 0)
    for map in Self.maps {
      move(to: map)
      for _ in 0..<2 { add() }
      _ = store.worker.tidy(at: store.stamp())
    }
    store.close()
    return fv_struck() != 0
  }

  /// All shards stay in the map, so that none is overlooked: a folder of this file system cannot be listed.
  private func move(to map: [String: String]) {
    store.close()
    var prefixes = map
    prefixes["x"] = "north"
    prefixes["y"] = "south"
    store.options.shards = ShardMap(prefixes)
    store.restart()
    _ = store.worker.open(at: store.stamp())
  }

  private func add() {
    let entries = Self.users.map { user in
      number += 1
      return HistoryEntry(
        intent: "\(number)", realm: "$CHAT", user: user, origin: "api", started: Int64(number),
        took: .milliseconds(5), ending: .completed)
    }
    let report = store.worker.apply([], history: entries, at: store.stamp())
    let hasFailed = report.events.contains { if case .historyFailed = $0 { true } else { false } }
    for entry in entries {
      if hasFailed { refused.insert(entry.intent) } else { promised.insert(entry.intent) }
    }
  }

  func recover(seed: UInt64) {
    store.endFault(fault, seed: seed)
    let before = promised.count
    add()
    move(to: Self.maps[2])
    add()
    worksAgain = promised.count == before + 2 * Self.users.count
    store.close()
  }

  func problem() throws -> String? {
    if !worksAgain { return "it does not work again" }
    var found: [String: Int] = [:]
    var byUser: [String: Int] = [:]
    var ids: [Int64] = []
    var counted: UInt64 = 0
    var totals: [String: Int] = [:]
    for name in ["default", "north", "south"] {
      let file = try Connection.open(store.options.paths.shard(name), .readOnly, vfs: FV_NAME)
      for entry in try ShardFile.entries(file, HistoryFilter(limit: 1000)) {
        found[entry.intent, default: 0] += 1
        byUser[entry.user, default: 0] += 1
        ids.append(entry.id)
        if store.options.shards.shard(of: entry.user) != name { return "\(entry.user) is in \(name)" }
      }
      for user in try ShardFile.users(file) { totals[user.user, default: 0] += user.intents }
      counted += try ShardFile.realms(file).reduce(0) { $0 + $1.times.total }
    }
    if let twice = found.first(where: { $0.value > 1 }) {
      return "\(twice.key) is there \(twice.value) times"
    }
    if Set(ids).count != ids.count { return "a number was used twice" }
    let missing = promised.subtracting(found.keys)
    if !missing.isEmpty { return "promised entries are missing: \(missing.sorted())" }
    if let unknown = found.keys.first(where: { !promised.contains($0) && !refused.contains($0) }) {
      return "nobody wrote \(unknown)"
    }
    if totals != byUser { return "users have \(totals), and \(byUser) entries" }
    return counted == found.count ? nil : "\(counted) are counted of \(found.count)"
  }
}

/// What is owed on two channels, more than there is room for, and acknowledged now and then.
final class OutboxFaultRun: FaultRun {
  static let stride: UInt64 = FaultTests.playsAll ? 1 : 6
  private let fault: FaultTests.Fault
  private let store: TestStore
  private var promised: Set<Int> = []
  private var refused: Set<Int> = []
  /// Acknowledged, or it was tried.
  private var settled: Set<Int> = []
  /// Told by gaps that were acknowledged, at least and at most.
  private var told = 0
  private var perhapsTold = 0
  /// Whose number an id is.
  private var numbers: [Int64: Int] = [:]
  private var number = 0
  private var trouble: String?
  private var worksAgain = true

  init(_ fault: FaultTests.Fault) {
    self.fault = fault
    store = TestStore { options in
      options.vfs = FV_NAME
      options.checkpointPages = 24
      options.outboxBytesMax = 8 * (OutboxItem.overheadBytes + 100)
    }
  }

  func play(strikingAt k: UInt64) -> Bool {
    fv_arm(fault.kind, k, fault.isLasting ? 1 : 0)
    for round in 0..<14 {
      owe(round % 3 == 0 ? "a" : "b", OutboxItem.Priority.allCases[round % 4])
      if round % 3 == 2 { settle("b") }
    }
    settle("a")
    _ = store.worker.tidy(at: store.stamp())
    store.close()
    return fv_struck() != 0
  }

  private func owe(_ channel: String, _ priority: OutboxItem.Priority) {
    number += 1
    let text = "\(number) ".padded(to: 100)
    let item = OutboxItem(channel: channel, priority: priority, created: 1, body: Array(text.utf8))
    if case .success = store.apply([.owe(item)]) { promised.insert(number) } else { refused.insert(number) }
  }

  /// The first that is owed is sent, and its receiver has it.
  private func settle(_ channel: String) {
    guard let item = try? store.worker.owed(channel: channel, limit: 1, at: store.stamp()).first else {
      return
    }
    if !item.isGap { settled.insert(note(item)) }
    let result = store.apply([.attempted(id: item.id), .acknowledged(id: item.id, dropped: item.dropped)])
    if case .success = result { told += item.dropped } else { perhapsTold += item.dropped }
  }

  private func note(_ item: OutboxItem) -> Int {
    let text = String(decoding: item.body, as: UTF8.self).prefix { $0 != " " }
    let number = Int(text) ?? 0
    if let before = numbers.updateValue(number, forKey: item.id), before != number {
      trouble = "id \(item.id) was that of \(before), now of \(number)"
    }
    return number
  }

  func recover(seed: UInt64) {
    store.endFault(fault, seed: seed)
    let before = promised.count
    for _ in 0..<2 { owe("a", .normal) }
    worksAgain = promised.count == before + 2
  }

  func problem() throws -> String? {
    if !worksAgain { return "it does not work again" }
    var present: Set<Int> = []
    var dropped = 0
    for channel in ["a", "b"] {
      let items = try store.worker.owed(channel: channel, limit: 1000, at: store.stamp())
      let order = items.map { ($0.priority.rawValue, -$0.id) }
      if !zip(order, order.dropFirst()).allSatisfy({ $0 > $1 }) { return "the order is \(order)" }
      for item in items {
        if item.isGap { dropped += item.dropped } else { present.insert(note(item)) }
      }
    }
    if let trouble { return trouble }
    if let unknown = present.first(where: { !promised.contains($0) && !refused.contains($0) }) {
      return "nobody owes \(unknown)"
    }
    let missing = promised.subtracting(present).subtracting(settled).count
    // What was refused, or acknowledged in vain, may be among the dropped.
    let perhaps = refused.union(settled).subtracting(present).count
    let most = missing + perhaps
    if dropped + told + perhapsTold < missing {
      return "\(missing) are missing, \(dropped) + \(told) are told"
    }
    if dropped + told > most { return "\(dropped) + \(told) are told, at most \(most) are missing" }
    store.close()
    let check = try store.verify()
    return check.faults.isEmpty && check.losses.isEmpty ? nil : "\(check.faults) \(check.losses)"
  }
}

extension String {
  fileprivate func padded(to count: Int) -> String {
    self + String(repeating: "x", count: Swift.max(0, count - utf8.count))
  }
}
