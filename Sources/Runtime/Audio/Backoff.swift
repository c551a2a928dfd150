// SPDX-License-Identifier: Apache-2.0
import Time

/// Waiting times between attempts: doubled from `first` up to `most`.
struct Backoff {
  let first: Duration
  let most: Duration
  private var upcoming: Duration

  init(first: Duration = .milliseconds(250), most: Duration = .seconds(5)) {
    self.first = first
    self.most = most
    upcoming = first
  }

  mutating func next() -> Duration {
    defer { upcoming = min(upcoming * 2, most) }
    return upcoming
  }

  mutating func reset() { upcoming = first }
}
