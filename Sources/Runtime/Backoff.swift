// SPDX-License-Identifier: Apache-2.0

/// Waiting times between attempts: each twice the one before, up to a limit.
struct Backoff {
  private let first: Duration
  private let limit: Duration
  private var next: Duration

  init(first: Duration, limit: Duration) {
    self.first = first
    self.limit = limit
    next = first
  }

  mutating func take() -> Duration {
    defer { next = min(next * 2, limit) }
    return next
  }

  mutating func reset() { next = first }
}
