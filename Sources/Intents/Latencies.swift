// SPDX-License-Identifier: Apache-2.0
import Time

/// How long answers of a realm take: a histogram from 0.3 ms to 4 h, four buckets per doubling, that
/// forgets: after each `memory` answers older ones count half.
struct Latencies: Sendable {
  static let memory = 512
  private static let bucketCount = 104
  /// Quantiles are computed anew after this many answers.
  private static let refresh = 16

  private var counts = Array(repeating: UInt32(0), count: bucketCount)
  private var total = 0
  private var sinceRefresh = 0
  /// Nanoseconds; nil until there are `samplesMin` answers.
  private(set) var median: Int64?
  private(set) var p95: Int64?

  static let samplesMin = 20

  /// - Parameter latency: in nanoseconds.
  mutating func add(_ latency: Int64) {
    counts[Self.bucket(latency)] += 1
    total += 1
    sinceRefresh += 1
    if total >= Self.memory { halve() }
    if sinceRefresh >= Self.refresh, total >= Self.samplesMin {
      sinceRefresh = 0
      median = quantile(0.5)
      p95 = quantile(0.95)
    }
  }

  /// The upper end of the bucket in which the quantile lies.
  func quantile(_ part: Double) -> Int64 {
    var left = Int((Double(total) * part).rounded(.up))
    for (bucket, count) in counts.enumerated() {
      left -= Int(count)
      if left <= 0 { return Self.upperEnd(bucket) }
    }
    return Self.upperEnd(Self.bucketCount - 1)
  }

  private mutating func halve() {
    total = 0
    for bucket in counts.indices {
      counts[bucket] /= 2
      total += Int(counts[bucket])
    }
  }

  /// Four per doubling: the leading bits of the microseconds.
  private static func bucket(_ latency: Int64) -> Int {
    let units = UInt64(max(0, latency)) >> 18
    guard units >= 4 else { return Int(units) }
    let exponent = 63 - units.leadingZeroBitCount
    let fraction = Int(units >> UInt64(exponent - 2)) & 3
    return min(bucketCount - 1, 4 * (exponent - 1) + fraction)
  }

  private static func upperEnd(_ bucket: Int) -> Int64 {
    let next = bucket + 1
    let units = next < 4 ? UInt64(next) : UInt64(4 + next % 4) << UInt64(next / 4 - 1)
    return Int64(units << 18)
  }
}
