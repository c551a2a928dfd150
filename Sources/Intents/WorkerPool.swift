// SPDX-License-Identifier: Apache-2.0
import Time

/// Workers of a realm that can serve the same requests, and the requests that wait for one of them: all
/// workers of the realm, those with one model, or those of a named pool.
///
/// Workers with a free place stand in a heap in the order of the strategy, so that choosing costs
/// O(log n). What is to be known of a worker is told by `Realms` whenever it changes.
struct WorkerPool: Sendable {
  typealias Slot = Int32

  /// What a worker is for this pool.
  struct Seat: Sendable, Equatable {
    /// Requests may be sent: its breaker is not open and it is not being drained.
    var isUsable = false
    /// Requests per minute at its usual speed, in thousandths; nil: not known yet.
    var milliPerMinute: Int?
    var score = 100
  }

  /// In `Realms`' table.
  let realm: Int
  /// A model, a worker or a pool; nil: the realm's workers.
  let name: String?
  var strategy: Strategy
  var topics: [PoolTopic] = []
  var queue = RealmQueue()
  /// When one of its requests was last started: pools that share a worker take turns.
  var lastStart: UInt64 = 0
  /// Starts in a row of pools with higher priorities while something waited here.
  var passes = 0
  private(set) var members: [Slot] = []
  private(set) var usableCount = 0
  /// By worker; nil: no member.
  private var seats: [Seat?] = []
  private var ready = SlotHeap<Rank>()
  private var readyPlaces: [Int32] = []
  private var milliPerMinute = 0
  private var unknownCount = 0
  private var scoreSum = 0
  private var scoreSquares = 0

  init(realm: Int, name: String?, strategy: Strategy) {
    self.realm = realm
    self.name = name
    self.strategy = strategy
  }

  var hasReady: Bool { !ready.isEmpty }
  var readyCount: Int { ready.count }

  /// What `auto` stands for at the moment.
  var effectiveStrategy: Strategy {
    guard strategy == .auto else { return strategy }
    let count = members.count
    if count <= 2 { return .health }
    // variance = (Σx² − (Σx)²/n) / n, without fractions
    if count * scoreSquares - scoreSum * scoreSum > 400 * count * count { return .health }
    return scoreSum < 70 * count ? .leastBusy : .roundRobin
  }

  func contains(_ worker: Slot) -> Bool { Int(worker) < seats.count && seats[Int(worker)] != nil }
  func isReady(_ worker: Slot) -> Bool { ready.contains(worker, readyPlaces) }
  func isUsable(_ worker: Slot) -> Bool { contains(worker) && seats[Int(worker)]?.isUsable == true }

  mutating func add(_ worker: Slot) {
    if contains(worker) { return }
    while seats.count <= Int(worker) { seats.append(nil) }
    members.append(worker)
    seats[Int(worker)] = Seat()
    count(Seat(), 1)
  }

  mutating func remove(_ worker: Slot) {
    guard contains(worker), let seat = seats[Int(worker)] else { return }
    seats[Int(worker)] = nil
    members.removeAll { $0 == worker }
    count(seat, -1)
    if isReady(worker) { ready.remove(worker, &readyPlaces) }
  }

  mutating func set(_ worker: Slot, _ seat: Seat) {
    guard contains(worker), let old = seats[Int(worker)], old != seat else { return }
    count(old, -1)
    count(seat, 1)
    seats[Int(worker)] = seat
  }

  /// A worker has a free place, and this is to be known of it; nil: it has none.
  mutating func setReady(_ worker: Slot, _ standing: Standing?, _ random: inout SeededGenerator) {
    let isReady = isReady(worker)
    if let standing {
      let strategy = effectiveStrategy
      let rank = strategy.rank(standing, draw: strategy == .random ? random.next() : 0)
      if isReady {
        ready.update(worker, rank, &readyPlaces)
      } else {
        ready.insert(worker, rank, &readyPlaces)
      }
    } else if isReady {
      ready.remove(worker, &readyPlaces)
    }
  }

  /// The worker to ask: one that knows the topic if there is one, and none that was tried.
  mutating func select(topic: Int, tried: Tried) -> Slot? {
    if topics.indices.contains(topic) {
      let able = topics[topic].members.filter { isReady($0) && !tried.contains($0) }
      let best = able.min { rank(of: $0) < rank(of: $1) }
      if let best { return best }
    }
    guard let first = ready.first else { return nil }
    return tried.contains(first) ? selectUntried(tried) : first
  }

  /// A worker that could begin at once; the one at 0 is the best.
  func candidate(_ position: Int) -> Slot { ready[position].slot }

  /// A worker that was not tried and may be asked once it has a free place.
  func hasUntried(_ tried: Tried) -> Bool {
    usableCount > 0 && members.contains { !tried.contains($0) && isUsable($0) }
  }

  /// Nanoseconds until `ahead` requests and one more are started; nil: nobody knows.
  func wait(behind ahead: Int) -> Int64? {
    guard unknownCount == 0, milliPerMinute > 0 else { return nil }
    return Int64(60e12 * Double(ahead + 1) / Double(milliPerMinute))
  }

  private func rank(of worker: Slot) -> Rank { ready[Int(readyPlaces[Int(worker)])].key }

  private mutating func selectUntried(_ tried: Tried) -> Slot? {
    var aside: [(Slot, Rank)] = []
    while let worker = ready.first, let rank = ready.firstKey, tried.contains(worker) {
      aside.append((worker, rank))
      ready.remove(worker, &readyPlaces)
    }
    let chosen = ready.first
    for (worker, rank) in aside { ready.insert(worker, rank, &readyPlaces) }
    return chosen
  }

  private mutating func count(_ seat: Seat, _ sign: Int) {
    scoreSum += sign * seat.score
    scoreSquares += sign * seat.score * seat.score
    guard seat.isUsable else { return }
    usableCount += sign
    if let rate = seat.milliPerMinute { milliPerMinute += sign * rate } else { unknownCount += sign }
  }
}

/// A topic, with its members as slots.
struct PoolTopic: Sendable {
  var keywords: Set<String>
  var members: [Int32]

  /// The first topic one of whose words is in the text; -1: none is.
  static func index(of text: String, in topics: [PoolTopic]) -> Int {
    if topics.isEmpty { return -1 }
    let words = Set(text.prefix(Self.textMax).lowercased().split { !$0.isLetter && !$0.isNumber })
    return topics.firstIndex { topic in words.contains { topic.keywords.contains(String($0)) } } ?? -1
  }

  /// Characters of a text that are looked at.
  private static let textMax = 1024
}
