// SPDX-License-Identifier: Apache-2.0

extension Duration {
  public init(nanoseconds: Int64) { self = .nanoseconds(nanoseconds) }

  /// Whole nanoseconds, clamped to ±292 years and never `Int64.min`, so that negation is safe.
  public var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? -Int64.max : Int64.max }
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carry ? (seconds < 0 ? -Int64.max : Int64.max) : max(sum, -Int64.max)
  }

  /// Milliseconds with their fraction: for people and statistics, not for arithmetic.
  public var milliseconds: Double { Double(nanoseconds) / 1e6 }
}
