// SPDX-License-Identifier: Apache-2.0
import Time

/// A worker's place among those that could begin at once: the smaller, the sooner.
struct Rank: Comparable, Sendable {
  var first: UInt32
  var second: UInt32
  /// When it was last given something: equal ones take turns.
  var lastStart: UInt64

  static func < (lhs: Self, rhs: Self) -> Bool {
    if lhs.first != rhs.first { return lhs.first < rhs.first }
    return lhs.second == rhs.second ? lhs.lastStart < rhs.lastStart : lhs.second < rhs.second
  }
}

/// What is known of a worker when it is ranked.
struct Standing: Sendable {
  var score = 100
  /// Of its places, thousandths.
  var load = 0
  /// Class of its usual latency, see `Strategy.speedClass`.
  var speed = 0
  var lastStart: UInt64 = 0
}

extension Strategy {
  /// - Parameter draw: a random number, used by `random` alone.
  func rank(_ standing: Standing, draw: UInt32) -> Rank {
    let load = UInt32(standing.load)
    let speed = UInt32(standing.speed)
    switch self {
    case .health, .auto:
      let shortfall = UInt32(100 - standing.score) / 20
      return Rank(first: shortfall, second: load << 8 | speed, lastStart: standing.lastStart)
    case .leastBusy: return Rank(first: load, second: speed, lastStart: standing.lastStart)
    case .roundRobin: return Rank(first: 0, second: 0, lastStart: standing.lastStart)
    case .random: return Rank(first: draw, second: 0, lastStart: standing.lastStart)
    }
  }

  /// Latencies of one class count as equal: each is half again as long as the one before. 0: not known,
  /// which is worth a try.
  static func speedClass(nanoseconds latency: Int64) -> Int {
    guard latency > 0 else { return 0 }
    let milliseconds = UInt64(max(1, latency / 1_000_000))
    let exponent = 63 - milliseconds.leadingZeroBitCount
    let isUpperHalf = exponent > 0 && milliseconds >> UInt64(exponent - 1) & 1 == 1
    return 2 * exponent + (isUpperHalf ? 2 : 1)
  }
}

/// Workers that an intent was given to already; as many as it may have attempts.
struct Tried: Sendable, Equatable {
  static let max = 4
  private var workers = SIMD4<Int32>(repeating: -1)
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  func contains(_ worker: Int32) -> Bool {
    worker == workers[0] || worker == workers[1] || worker == workers[2] || worker == workers[3]
  }

  mutating func insert(_ worker: Int32) {
    if contains(worker) || count == Self.max { return }
    workers[count] = worker
    count += 1
  }

  mutating func remove(_ worker: Int32) {
    for index in 0..<count where workers[index] == worker {
      count -= 1
      workers[index] = workers[count]
      workers[count] = -1
      return
    }
  }
}
