// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// Counts what could not be stored, until the journal itself can say so.
struct Unstored: Sendable, Equatable {
  static let kind = "store.gap"
  /// Names counted one by one; further ones are counted together.
  static let namesMax = 32
  static let otherName = "other"

  private(set) var counts: [String: Int] = [:]
  /// When the first of them happened.
  private(set) var since: Stamp?

  var isEmpty: Bool { since == nil }
  var total: Int { counts.values.reduce(0, +) }

  mutating func add(_ name: String, at stamp: Stamp) {
    if since == nil { since = stamp }
    let isKnown = counts[name] != nil || counts.count < Self.namesMax
    counts[isKnown ? name : Self.otherName, default: 0] += 1
  }

  mutating func add(_ other: Unstored) {
    guard let stamp = other.since else { return }
    for (name, count) in other.counts {
      add(name, at: stamp)
      counts[counts[name] == nil ? Self.otherName : name, default: 0] += count - 1
    }
  }

  /// The row that tells it.
  func entry(at stamp: Stamp) -> JournalEntry {
    let members = counts.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.integer(Int64($0.value))) }
    var lost = JSONObject()
    for (name, count) in members { lost[name] = count }
    return JournalEntry(
      Self.kind, ["lost": .object(lost), "since": .integer(since?.wall ?? stamp.wall)], at: stamp)
  }
}
