// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt: doubling, with jitter so that many nodes do not come
/// back to a restarted service at the same moment.
public struct Backoff: Sendable {
  public let first: Duration
  public let longest: Duration
  private var failures = 0

  public init(first: Duration = .milliseconds(250), longest: Duration = .seconds(5)) {
    self.first = first
    self.longest = longest
  }

  /// Between half and all of `first` × 2ⁿ, at most `longest`.
  public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
    let whole = min(longest, first * (1 << min(failures, 20)))
    failures += 1
    return whole * Double.random(in: 0.5...1, using: &random)
  }

  /// The next failure is the first again.
  public mutating func reset() { failures = 0 }
}
