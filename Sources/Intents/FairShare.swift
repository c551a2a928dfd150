// SPDX-License-Identifier: Apache-2.0
import Time

/// Whose share of a realm a request takes: a person's, wherever he asks; that of an origin for what
/// belongs to nobody.
enum Asker: Hashable, Sendable {
  case user(String)
  case origin(Intent.Origin)

  init(_ intent: Intent) { self = intent.user.map { .user($0) } ?? .origin(intent.origin) }
}

/// The waiting requests of one priority, in rounds: in each round every asker who waited at its
/// beginning has one request started, the one that is due first; who is due first goes first. Who comes
/// during a round, or comes again, is in the next one.
///
/// So of n who wait nobody sees more than 2(n − 1) others go before him, whatever their deadlines,
/// however many requests they have, and whether they ask for all at once or one by one.
struct FairShare: Sendable {
  typealias Slot = Int32

  private struct Line {
    var asker: Asker
    var requests = SlotHeap<DeadlineKey>()
    /// Which of the two heaps it is in.
    var parity = 0
  }

  private(set) var count = 0
  private var lines: [Line] = []
  private var unused: [Slot] = []
  private var byAsker: [Asker: Slot] = [:]
  /// Lines by their first request's deadline: those of this round at `parity`, of the next at the other.
  private var rounds = [SlotHeap<DeadlineKey>(), SlotHeap<DeadlineKey>()]
  private var linePlaces: [Int32] = []
  private var parity = 0
  private var deadlines = DeadlineHistogram()

  /// Askers with something waiting.
  private var askers: Int { rounds[0].count + rounds[1].count }

  /// - Returns: the line and the bucket, which `remove` wants to know.
  mutating func insert(
    _ slot: Slot, _ key: DeadlineKey, of asker: Asker, at now: Instant, _ places: inout [Int32]
  ) -> (line: Slot, bucket: Int16) {
    count += 1
    let known = byAsker[asker]
    let line = known ?? open(asker)
    lines[Int(line)].requests.insert(slot, key, &places)
    if known == nil { enter(line) } else { update(line) }
    return (line, deadlines.insert(Instant(nanoseconds: key.nanoseconds), at: now))
  }

  /// Takes out a request that is not started: its asker keeps his place in the round.
  mutating func remove(_ slot: Slot, line: Slot, bucket: Int16, _ places: inout [Int32]) {
    take(slot, line, bucket, &places)
    if lines[Int(line)].requests.isEmpty {
      rounds[lines[Int(line)].parity].remove(line, &linePlaces)
      close(line)
    } else {
      update(line)
    }
  }

  /// The request to be started next.
  mutating func first() -> Slot? {
    if rounds[parity].isEmpty { parity = 1 - parity }
    return rounds[parity].first.flatMap { lines[Int($0)].requests.first }
  }

  /// Takes out what `first` gave, since it is started: its asker has had his turn.
  mutating func start(_ slot: Slot, line: Slot, bucket: Int16, _ places: inout [Int32]) {
    take(slot, line, bucket, &places)
    rounds[parity].remove(line, &linePlaces)
    if lines[Int(line)].requests.isEmpty { close(line) } else { enter(line) }
  }

  /// Requests that will probably be started before one of `asker` with this deadline.
  func ahead(of asker: Asker, _ deadline: Instant, at now: Instant) -> Int {
    let earlier = deadlines.count(until: deadline, at: now)
    let own = byAsker[asker].map { lines[Int($0)].requests.count } ?? 0
    let others = own == 0 ? askers : askers - 1
    // Between two of his own each other asker has one.
    return min(earlier, own + (own + 1) * others)
  }

  private mutating func take(_ slot: Slot, _ line: Slot, _ bucket: Int16, _ places: inout [Int32]) {
    count -= 1
    lines[Int(line)].requests.remove(slot, &places)
    deadlines.remove(bucket)
  }

  /// Puts a line into the next round.
  private mutating func enter(_ line: Slot) {
    guard let key = lines[Int(line)].requests.firstKey else { return }
    lines[Int(line)].parity = 1 - parity
    rounds[1 - parity].insert(line, key, &linePlaces)
  }

  private mutating func update(_ line: Slot) {
    guard let key = lines[Int(line)].requests.firstKey else { return }
    rounds[lines[Int(line)].parity].update(line, key, &linePlaces)
  }

  private mutating func open(_ asker: Asker) -> Slot {
    let line: Slot
    if let free = unused.popLast() {
      line = free
      lines[Int(line)].asker = asker
    } else {
      line = Slot(lines.count)
      lines.append(Line(asker: asker))
    }
    byAsker[asker] = line
    return line
  }

  private mutating func close(_ line: Slot) {
    byAsker[lines[Int(line)].asker] = nil
    if lines[Int(line)].requests.capacity > 64 { lines[Int(line)].requests = SlotHeap() }
    unused.append(line)
  }
}
