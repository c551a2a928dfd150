// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Order statistics of a sample: no assumption about how it is distributed.
struct Statistics {
  private let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  var median: Double { quantile(0.5) }

  /// Linear between the neighbours.
  func quantile(_ part: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let position = part * Double(sorted.count - 1)
    let lower = sorted[Int(position)]
    let upper = sorted[min(Int(position) + 1, sorted.count - 1)]
    return lower + (upper - lower) * (position - position.rounded(.down))
  }

  /// Where the true median lies with at least 95 %: the k-th values from both ends, where fewer
  /// than k of n fair coins show heads with at most 2.5 %. Nil for less than six values.
  var interval95: ClosedRange<Double>? {
    let count = sorted.count
    var probability = pow(0.5, Double(count))
    var below = probability
    var rank = 0
    while below <= 0.025 {
      rank += 1
      probability *= Double(count - rank + 1) / Double(rank)
      below += probability
    }
    return rank == 0 ? nil : sorted[rank - 1]...sorted[count - rank]
  }
}

/// A number with a fixed count of decimals.
func format(_ value: Double, decimals: Int) -> String {
  var buffer = [CChar](repeating: 0, count: 64)
  _ = withVaList([Int32(decimals), value]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
