// SPDX-License-Identifier: Apache-2.0
import SQLite
import Time

/// One intent that has ended.
public struct HistoryEntry: Sendable, Equatable {
  public enum Ending: String, Sendable, CaseIterable { case completed, failed, rejected, expired }

  /// Longest text of a member, in bytes; a longer one is cut.
  public static let textBytesMax = 512

  /// Higher is later; 0 until it is stored.
  public var id: Int64 = 0
  public var intent: String
  public var realm: String
  /// Empty: nobody in particular.
  public var user: String
  public var origin: String
  /// Nanoseconds since 1970.
  public var started: Int64
  public var took: Duration
  public var ending: Ending
  /// Why it was not completed.
  public var reason: String?

  public init(
    intent: String, realm: String, user: String = "", origin: String, started: Int64, took: Duration,
    ending: Ending, reason: String? = nil
  ) {
    self.intent = Self.cut(intent)
    self.realm = Self.cut(realm)
    self.user = Self.cut(user)
    self.origin = Self.cut(origin)
    self.started = started
    self.took = took
    self.ending = ending
    self.reason = reason.map(Self.cut)
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count <= textBytesMax ? text : String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
  }

  var bytes: Int { 160 + intent.utf8.count + realm.utf8.count + user.utf8.count + (reason?.utf8.count ?? 0) }
}

/// How often something took how long: a fixed number of counters, whatever comes.
public struct Histogram: Sendable, Equatable {
  /// Counter n is for what took less than 2ⁿ ms; the last one for all that took longer.
  public static let bucketCount = 22

  public private(set) var counts = [UInt64](repeating: 0, count: bucketCount)

  public init() {}

  public var total: UInt64 { counts.reduce(0, +) }

  public mutating func add(_ duration: Duration) { counts[Self.bucket(duration)] += 1 }

  public mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// No more than this took longer than a `part` of all: the upper bound of a counter, in ms. Nil when
  /// nothing was counted; `.infinity` for the last counter.
  public func quantileMS(_ part: Double) -> Double? {
    if total == 0 { return nil }
    var rest = max(1, UInt64((Double(total) * part).rounded(.up)))
    for (index, count) in counts.enumerated() {
      if rest <= count { return index == Self.bucketCount - 1 ? .infinity : Double(1 << index) }
      rest -= count
    }
    return .infinity
  }

  static func bucket(_ duration: Duration) -> Int {
    let milliseconds = UInt64(max(0, duration.nanoseconds)) / 1_000_000
    return min(bucketCount - 1, UInt64.bitWidth - milliseconds.leadingZeroBitCount)
  }

  /// As it is stored: eight bytes per counter, the lowest first.
  var bytes: [UInt8] {
    counts.flatMap { count in (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } }
  }

  /// Nil for another number of counters.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.bucketCount * 8 else { return nil }
    counts = (0..<Self.bucketCount).map { index in
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
  }
}

/// What has become of a realm's intents.
public struct RealmStatistics: Sendable, Equatable {
  public var realm: String
  public var endings: [HistoryEntry.Ending: Int] = [:]
  public var times = Histogram()

  public init(realm: String) { self.realm = realm }

  mutating func add(_ entry: HistoryEntry) {
    endings[entry.ending, default: 0] += 1
    times.add(entry.took)
  }

  mutating func add(_ other: RealmStatistics) {
    endings.merge(other.endings, uniquingKeysWith: +)
    times.add(other.times)
  }
}

/// What a user has asked for.
public struct UserTotals: Sendable, Equatable {
  public var user: String
  /// Nanoseconds since 1970.
  public var first: Int64
  public var last: Int64
  public var intents: Int
  public var completed: Int
  /// Time spent on it.
  public var took: Duration
}

/// Part of the history, the latest first.
public struct HistoryPage: Sendable, Equatable {
  public var entries: [HistoryEntry]
  /// Ask for entries before this one next; nil: there are no more.
  public var next: Int64?
}

/// Which part of the history.
public struct HistoryFilter: Sendable, Equatable {
  public static let limitMax = 1000

  public enum Scope: Sendable, Equatable {
    case all
    case realm(String)
    case user(String)
  }

  public var scope: Scope
  /// Only entries with a lower id.
  public var before: Int64
  public var limit: Int

  public init(_ scope: Scope = .all, before: Int64 = .max, limit: Int = 50) {
    self.scope = scope
    self.before = before
    self.limit = max(1, min(limit, Self.limitMax))
  }
}
