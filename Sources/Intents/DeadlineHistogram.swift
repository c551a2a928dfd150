// SPDX-License-Identifier: Apache-2.0
import Time

/// How many entries of a queue have a deadline before a given one, without looking at each: counts by
/// quarters of a second for the next two minutes. What is due later is counted as behind all of these.
struct DeadlineHistogram: Sendable {
  /// Two to this many nanoseconds: 268 ms.
  private static let widthBits: UInt64 = 28
  private static let buckets: UInt64 = 512
  /// Where an entry beyond the last bucket is counted.
  static let later: Int16 = -1

  /// Empty until the first entry: most queues stay empty.
  private var counts: [Int32] = []
  private var total = 0

  /// - Returns: what `remove` wants to know.
  mutating func insert(_ deadline: Instant, at now: Instant) -> Int16 {
    total += 1
    let bucket = deadline.nanoseconds >> Self.widthBits
    guard bucket < (now.nanoseconds >> Self.widthBits) + Self.buckets else { return Self.later }
    if counts.isEmpty { counts = Array(repeating: 0, count: Int(Self.buckets)) }
    let index = Int(bucket % Self.buckets)
    counts[index] += 1
    return Int16(index)
  }

  mutating func remove(_ index: Int16) {
    total -= 1
    if index != Self.later { counts[Int(index)] -= 1 }
  }

  /// Entries due before `deadline` or with it, to a quarter of a second.
  func count(until deadline: Instant, at now: Instant) -> Int {
    if total == 0 || counts.isEmpty { return 0 }
    let first = now.nanoseconds >> Self.widthBits
    let last = deadline.nanoseconds >> Self.widthBits
    guard last < first + Self.buckets else { return total }
    guard last >= first else { return 0 }
    let (start, end) = (Int(first % Self.buckets), Int(last % Self.buckets))
    return start <= end ? sum(start...end) : sum(start...counts.count - 1) + sum(0...end)
  }

  private func sum(_ range: ClosedRange<Int>) -> Int {
    var sum: Int32 = 0
    for index in range { sum &+= counts[index] }
    return Int(sum)
  }
}
