// SPDX-License-Identifier: Apache-2.0
import Time

/// What an `Explanation` is made of, as it is noted on the way: numbers only, so that it costs little.
struct Trace: Sendable {
  /// A row of `Realms`' tables, as it was then.
  struct Reference: Sendable {
    var index: Int32
    var generation: UInt32
  }

  enum Kind: UInt8, Sendable { case queued, passedOver, called, hedged, started, streamed, failed, cancelled }

  struct Step: Sendable {
    var kind: Kind
    /// A realm where it was queued, else a worker.
    var who: Reference
    /// Requests ahead, the budget in nanoseconds, or which of the errors or refusals.
    var number: Int64
    /// Nanoseconds since submission.
    var after: Int64
  }

  struct Candidate: Sendable {
    var who: Reference
    var score: Int16
    var load: Int16
    /// Nanoseconds; 0: not known.
    var latency: Int64
  }

  /// A table for more steps is not kept for the next intent: it would become that of every intent in time.
  static let stepsKeptMax = 8

  var submitted = Instant.zero
  var modelIsKnown = false
  var steps: [Step] = []
  var candidates: [Candidate] = []
  var errors: [WorkerFailure] = []
  var refusals: [Refusal] = []

  mutating func begin(at now: Instant) {
    submitted = now
    modelIsKnown = false
    steps.removeAll(keepingCapacity: steps.capacity <= Self.stepsKeptMax)
    candidates.removeAll(keepingCapacity: true)
    if !errors.isEmpty { errors = [] }
    if !refusals.isEmpty { refusals = [] }
  }

  mutating func note(_ kind: Kind, _ who: Reference, _ number: Int64 = 0, at now: Instant) {
    guard steps.count < Explanation.stepsMax else { return }
    steps.append(Step(kind: kind, who: who, number: number, after: now.nanoseconds(since: submitted)))
  }
}

extension Instant {
  /// May be negative; for arithmetic that must be fast.
  func nanoseconds(since start: Instant) -> Int64 { Int64(bitPattern: nanoseconds &- start.nanoseconds) }

  func adding(nanoseconds delta: Int64) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(max(0, delta)))
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }
}
