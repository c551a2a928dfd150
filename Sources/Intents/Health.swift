// SPDX-License-Identifier: Apache-2.0
import Time

/// A worker's score, 0…100, as the papers have it: ten up with each sign of life, ten down with a wrong
/// answer, five with none. It orders workers; whether one is asked at all is the breaker's decision.
public struct Health: Sendable, Equatable {
  /// A change of the score and what caused it.
  public struct Change: Sendable, Equatable {
    public var at: Instant
    public var score: Int
    /// Nil: it was alive.
    public var cause: WorkerFailure.Kind?
  }

  /// Changes kept; the oldest goes first.
  public static let historyMax = 64
  static let reward = 10

  public private(set) var score = 100
  /// The oldest first.
  public var history: [Change] { Array(changes[oldest...] + changes[..<oldest]) }

  private var changes: [Change] = []
  private var oldest = 0

  mutating func alive(at now: Instant) { set(score + Self.reward, nil, now) }
  mutating func failed(_ kind: WorkerFailure.Kind, at now: Instant) { set(score - kind.penalty, kind, now) }

  private mutating func set(_ new: Int, _ cause: WorkerFailure.Kind?, _ now: Instant) {
    let clamped = max(0, min(100, new))
    guard clamped != score else { return }
    score = clamped
    let change = Change(at: now, score: clamped, cause: cause)
    if changes.count < Self.historyMax { return changes.append(change) }
    changes[oldest] = change
    oldest = (oldest + 1) % Self.historyMax
  }
}
