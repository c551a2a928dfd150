// SPDX-License-Identifier: Apache-2.0
import Runtime
import Testing
import Time

@Suite struct ExchangeTests {
  /// Who holds a button long after the last word has all the time from its release.
  @Test(arguments: [(-400, 8_000), (0, 8_000), (20_000, 28_000)])
  func theBudgetOfAHeldButtonBeginsWithItsRelease(_ heldMS: Int64, _ deadlineMS: Int64) {
    let speechEnd = Instant.zero + .seconds(60)
    let exchange = Exchange(
      id: 1, speechEnd: speechEnd, heldUntil: speechEnd + .milliseconds(heldMS), budget: .seconds(8))
    #expect(exchange.deadline == speechEnd + .milliseconds(deadlineMS))
  }
}
