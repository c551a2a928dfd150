// SPDX-License-Identifier: Apache-2.0
import Testing
import Time

@testable import Intents

@Suite struct BreakerTests {
  /// `+` an answer, `-` a failure, `o` and `x` an answered and an unanswered probe; the state after it.
  @Test(arguments: [
    ("--", "closed"), ("---", "open"), ("--+--", "open"), ("+-+-+-", "open"), ("+++++++--", "closed"),
    ("---o", "half open"), ("---o+", "closed"), ("---o-", "open"), ("---+", "half open"), ("---x", "open"),
    ("xxx", "open"), ("---o+--", "closed"), ("---o+---", "open"),
  ])
  func resultsDecide(_ results: String, _ state: String) {
    var random = SeededGenerator(seed: 1)
    var breaker = Breaker()
    for result in results { Self.apply(result, &breaker, .zero, &random) }
    #expect(Self.name(breaker.state) == state)
  }

  @Test func eachPauseIsTwiceAsLongUpToAMinute() {
    var random = SeededGenerator(seed: 1)
    var breaker = Breaker()
    for result in "---" { Self.apply(result, &breaker, .zero, &random) }
    for seconds in [2.0, 4, 8, 16, 32, 60, 60] {
      guard case .open(let until) = breaker.state else {
        Issue.record("not open")
        return
      }
      let pause = (until - .zero).milliseconds / 1000
      #expect((0.8 * seconds...1.2 * seconds).contains(pause))
      breaker.probeFailed(at: .zero, &random)
    }
  }

  private static func apply(
    _ result: Character, _ breaker: inout Breaker, _ now: Instant, _ random: inout SeededGenerator
  ) {
    switch result {
    case "+": breaker.succeeded()
    case "-": breaker.failed(at: now, &random)
    case "o": breaker.probeSucceeded()
    default: breaker.probeFailed(at: now, &random)
    }
  }

  private static func name(_ state: Breaker.State) -> String {
    switch state {
    case .closed: "closed"
    case .open: "open"
    case .halfOpen: "half open"
    }
  }
}
