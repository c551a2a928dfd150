// SPDX-License-Identifier: Apache-2.0
import Loop

/// How long commits take, on average over the last eight or so. A pure value.
struct CommitPace: Sendable {
  /// Up to here both threads stay awake for a commit. SD cards take milliseconds.
  static let quickMax = EventLoop.quickMax
  /// How long the loop stays awake for a commit: most of the slow ones have ended by then.
  static let attention = quickMax * 3 / 2

  private var average = quickMax * 2

  var isQuick: Bool { average <= Self.quickMax }

  /// A commit has succeeded. One that had to wait long for the medium says little about the next.
  mutating func add(_ took: Duration) { average += (min(took, Self.quickMax * 2) - average) / 8 }
}
