// SPDX-License-Identifier: Apache-2.0
import Loop
import Time

/// What belongs together from the end of speech to the reply: who asked, since when, until when.
public struct Exchange: Sendable, Equatable {
  /// Number of the utterance; nil for what was typed or came from a rule.
  public let id: Int?
  /// When the person stopped speaking, or the request came.
  public let speechEnd: Instant
  /// Absolute, for all stages together: transcript, intent, action, first sample of the reply.
  public let deadline: Instant

  /// - Parameter heldUntil: the budget begins no earlier: a button can be held long after the last word.
  public init(id: Int?, speechEnd: Instant, heldUntil: Instant = .zero, budget: Duration) {
    self.id = id
    self.speechEnd = speechEnd
    deadline = max(speechEnd, heldUntil) + budget
  }

  /// A timeline entry of this exchange at `instant`, by default now.
  @LoopActor func entry(
    _ stage: TimelineEntry.Stage, _ text: String, at instant: Instant? = nil, isSpoken: Bool = false
  ) -> TimelineEntry {
    let since = (instant ?? LoopActor.shared.loop.now) - speechEnd
    return TimelineEntry(
      stage, text, utterance: id, sinceSpeechEndMS: since.milliseconds, isSpoken: isSpoken)
  }
}
