// SPDX-License-Identifier: Apache-2.0
import Time

/// Keeps requests away from a worker that fails: closed → open → half-open → closed.
///
/// Opens after `consecutiveMax` failures in a row, or when half of the last `window` results (at least
/// `windowMin`) are failures. It then waits, each time twice as long, with jitter; a probe that is
/// answered, or a request for which there is nobody else, gets through as a trial. Its result decides.
struct Breaker: Sendable {
  enum State: Sendable, Equatable {
    case closed
    /// Nothing but a probe at this instant.
    case open(until: Instant)
    /// One request at a time.
    case halfOpen
  }

  static let consecutiveMax = 3
  static let window = 10
  static let windowMin = 4
  static let pauseMin = Duration.seconds(2)
  static let pauseMax = Duration.seconds(60)
  /// Of the pause, to both sides.
  static let jitter = 0.2

  private(set) var state = State.closed
  private var consecutive = 0
  /// The last results, the latest in bit 0; set: a failure.
  private var results: UInt16 = 0
  private var resultCount = 0
  /// Times it has opened since it was closed last.
  private var openings = 0

  /// Requests may be sent.
  var isUsable: Bool { if case .open = state { false } else { true } }

  /// A request was answered.
  mutating func succeeded() {
    record(failure: false)
    switch state {
    case .closed: break
    case .open: state = .halfOpen
    case .halfOpen: close()
    }
  }

  /// A request was not answered.
  mutating func failed(at now: Instant, _ random: inout SeededGenerator) {
    record(failure: true)
    switch state {
    case .open: break
    case .halfOpen: open(now, &random)
    case .closed:
      let failures = results.nonzeroBitCount
      if consecutive >= Self.consecutiveMax
        || (resultCount >= Self.windowMin && 2 * failures >= resultCount)
      {
        open(now, &random)
      }
    }
  }

  /// The probe was answered: a trial may be made.
  mutating func probeSucceeded() { if !isUsable { state = .halfOpen } }

  /// The probe was not. A closed breaker opens by requests alone, or by as many probes in a row.
  mutating func probeFailed(at now: Instant, _ random: inout SeededGenerator) {
    if state == .closed { failed(at: now, &random) } else { open(now, &random) }
  }

  /// There is nobody else: a request may find out earlier.
  mutating func tryEarly() { if !isUsable { state = .halfOpen } }

  private mutating func open(_ now: Instant, _ random: inout SeededGenerator) {
    let pause = min(Self.pauseMax, Self.pauseMin * (1 << min(openings, 10)))
    openings += 1
    let factor = Double.random(in: 1 - Self.jitter...1 + Self.jitter, using: &random)
    state = .open(until: now + pause * factor)
  }

  private mutating func close() {
    state = .closed
    openings = 0
    consecutive = 0
    (results, resultCount) = (0, 0)
  }

  private mutating func record(failure: Bool) {
    consecutive = failure ? consecutive + 1 : 0
    results = ((results << 1) | (failure ? 1 : 0)) & (1 << UInt16(Self.window) - 1)
    resultCount = min(resultCount + 1, Self.window)
  }
}
