// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Each utterance ends exactly once, by its deadline; one whose reply is being heard may end with it.
struct VoiceInvariant: Invariant {
  static let name = "voice"
  /// An outcome may come so much later than its deadline.
  private static let tolerance: Duration = .milliseconds(50)
  /// A reply that is heard: `Step.soundLimit` for each of two sentences.
  private static let replyMax = Step.soundLimit * 2

  private let budget: Duration
  private var hangover: Duration
  private let slack: Duration
  private var lastID = 0
  private var deadlines: [(id: Int, deadline: Instant, isHeard: Bool)] = []

  init(_ facts: Facts) {
    budget = facts.settings.voice.deadline
    hangover = facts.settings.voice.hangover
    slack = Self.tolerance + facts.latenessMax * 2
  }

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    for open in deadlines where now > open.deadline + slack + (open.isHeard ? Self.replyMax : .zero) {
      findings.check(false, "utterance \(open.id) has not ended \(now - open.deadline) after its deadline")
    }
    switch event {
    case .timeline(let entry):
      guard let id = entry.utterance, let since = entry.sinceSpeechEndMS else { return }
      if entry.stage == .utterance {
        findings.check(id > lastID, "utterance \(id) after \(lastID)")
        lastID = id
        // Who holds a button longer has all the time from its release.
        let speechEnd = now - .nanoseconds(Int64(since * 1e6))
        deadlines.append((id, max(speechEnd, now - hangover) + budget, false))
      } else if entry.stage == .reply, let index = deadlines.firstIndex(where: { $0.id == id }) {
        findings.check(now <= deadlines[index].deadline + slack, "utterance \(id): its reply began too late")
        deadlines[index].isHeard = true
      }
    case .outcome(let id, _):
      let index = deadlines.firstIndex { $0.id == id }
      findings.check(index != nil, "utterance \(id) ended twice, or never began")
      if let index { deadlines.remove(at: index) }
    case .reloaded(let hangover): self.hangover = hangover
    case .census(let census) where census.isAtRest:
      findings.check(
        census.pending == 0 && deadlines.isEmpty, "\(census.pending) utterances are pending at rest")
    default: break
    }
  }
}
