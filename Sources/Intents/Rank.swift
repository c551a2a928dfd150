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

extension Strategy {
  /// - Parameters:
  ///   - load: of the worker's places, thousandths.
  ///   - speed: class of its usual latency, see `speedClass`.
  ///   - draw: a random number, used by `random` alone.
  func rank(score: Int, load: Int, speed: Int, lastStart: UInt64, draw: UInt32) -> Rank {
    let load = UInt32(load)
    let loadAndSpeed = load << 8 | UInt32(speed)
    switch self {
    case .health, .auto:
      return Rank(first: UInt32(100 - score) / 20, second: loadAndSpeed, lastStart: lastStart)
    case .leastBusy: return Rank(first: load, second: UInt32(speed), lastStart: lastStart)
    case .roundRobin: return Rank(first: 0, second: 0, lastStart: lastStart)
    case .random: return Rank(first: draw, second: 0, lastStart: lastStart)
    }
  }

  /// Latencies of one class count as equal: each is half again as long as the one before. 0: not known,
  /// which is worth a try.
  static func speedClass(_ latency: Duration?) -> Int {
    guard let latency else { return 0 }
    let milliseconds = UInt64(max(1, latency.nanoseconds / 1_000_000))
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
