// SPDX-License-Identifier: Apache-2.0
import Time

/// The requests that wait for the workers of one pool: higher priorities first, in each of them fair
/// between askers, of each asker the earliest deadline first.
///
/// Knows slots, not intents. Each operation costs O(log n). A waiting lower priority is passed over
/// `passesMax` times in a row at most: nothing starves.
struct RealmQueue: Sendable {
  typealias Slot = Int32

  /// Starts of higher priorities before a lower one that waits has its turn.
  static let passesMax = 8

  private var shares = Array(repeating: FairShare(), count: Intent.Priority.allCases.count)
  private var passes = Array(repeating: 0, count: Intent.Priority.allCases.count)
  private var lastOrder: UInt32 = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// The priority that is next: the highest with something waiting, or a lower one that was passed
  /// over too often.
  var nextLevel: Int? {
    if count == 0 { return nil }
    var next: Int?
    for level in shares.indices where shares[level].count > 0 {
      if passes[level] >= Self.passesMax { return level }
      next = level
    }
    return next
  }

  mutating func insert(_ slot: Slot, _ intent: Intent, at now: Instant, _ places: inout QueuePlaces) {
    places.reserve(slot)
    let level = intent.priority.level
    if shares[level].count == 0 { passes[level] = 0 }
    lastOrder &+= 1
    let key = DeadlineKey(nanoseconds: intent.deadline.nanoseconds, order: lastOrder)
    let (line, bucket) = shares[level].insert(slot, key, of: Asker(intent), at: now, &places.positions)
    places.details[Int(slot)] = .init(line: line, bucket: bucket, level: Int8(level))
    count += 1
  }

  /// The request to be started next; stays in the queue until `start` or `remove`.
  mutating func first() -> Slot? {
    guard let level = nextLevel else { return nil }
    return shares[level].first()
  }

  /// Takes out what `first` gave, since it is started.
  mutating func start(_ slot: Slot, _ places: inout QueuePlaces) {
    let place = places.details[Int(slot)]
    let level = Int(place.level)
    shares[level].start(slot, line: place.line, bucket: place.bucket, &places.positions)
    count -= 1
    passes[level] = 0
    for lower in 0..<level where shares[lower].count > 0 { passes[lower] += 1 }
  }

  /// Takes out a request for another reason: nobody's share is touched.
  mutating func remove(_ slot: Slot, _ places: inout QueuePlaces) {
    let place = places.details[Int(slot)]
    shares[Int(place.level)].remove(slot, line: place.line, bucket: place.bucket, &places.positions)
    count -= 1
  }

  /// Requests that will probably be started before this one.
  func ahead(of intent: Intent, at now: Instant) -> Int {
    if count == 0 { return 0 }
    let level = intent.priority.level
    let above = shares[(level + 1)...].reduce(0) { $0 + $1.count }
    return above + shares[level].ahead(of: Asker(intent), intent.deadline, at: now)
  }
}

/// Where the requests of all queues stand, by slot: one waits in one queue at most.
struct QueuePlaces: Sendable {
  struct Detail: Sendable {
    var line: Int32 = 0
    var bucket: Int16 = 0
    var level: Int8 = 0
  }

  var positions: [Int32] = []
  var details: [Detail] = []

  mutating func reserve(_ slot: Int32) {
    while details.count <= Int(slot) { details.append(Detail()) }
  }
}
