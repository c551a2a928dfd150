// SPDX-License-Identifier: Apache-2.0

/// How long commits take, on average over the last eight or so. A pure value.
struct CommitPace: Sendable {
  /// Up to here it is worth to stay awake for a commit: to be woken up costs each of two threads a fifth of one
  /// that takes 60 µs (docs/decisions/0008-store.md). SD cards take milliseconds.
  static let quickMax: Duration = .microseconds(150)

  private var average = quickMax * 2

  var isQuick: Bool { average <= Self.quickMax }

  /// A commit has succeeded. One that had to wait long for the medium says little about the next.
  mutating func add(_ took: Duration) { average += (min(took, Self.quickMax * 2) - average) / 8 }
}
