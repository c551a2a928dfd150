// SPDX-License-Identifier: Apache-2.0
import Time

/// An intent that has ended, without payloads.
struct EndedIntent: Sendable {
  var intent = Intent.none
  var trace = Trace()
  var outcome: Outcome
  /// Nanoseconds.
  var took: Int64 = 0
}

/// The intents that ended last.
struct EndedIntents: Sendable {
  let limit: Int
  private var ended: [EndedIntent] = []
  private var oldest = 0

  init(limit: Int) { self.limit = limit }

  /// Takes a flight's intent and trace and gives those that are no longer needed: tables are used again.
  mutating func exchange(_ flight: inout Flight, _ outcome: Outcome, at now: Instant) {
    if limit <= 0 { return flight.intent.payload = Payload() }
    if ended.count < limit { ended.append(EndedIntent(outcome: outcome)) }
    swap(&flight.intent, &ended[oldest].intent)
    swap(&flight.trace, &ended[oldest].trace)
    ended[oldest].intent.payload = Payload()
    ended[oldest].outcome = outcome.withoutPayload
    ended[oldest].took = now.nanoseconds(since: ended[oldest].trace.submitted)
    oldest = (oldest + 1) % limit
  }

  /// The latest of this id.
  func latest(_ id: String) -> EndedIntent? {
    (ended[oldest...] + ended[..<oldest]).last { $0.intent.id == id }
  }
}

extension Outcome {
  fileprivate var withoutPayload: Outcome {
    guard case .completed(var completion) = self else { return self }
    completion.payload = Payload()
    return .completed(completion)
  }
}
