// SPDX-License-Identifier: Apache-2.0
import Time

/// The loudspeaker plays one stream at a time, and each stream ends once.
struct SpeakerInvariant: Invariant {
  static let name = "speaker"
  private var isStreaming = false

  init(_ facts: Facts) {}

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .speaker(.begin):
      findings.check(!isStreaming, "a stream began while another was heard")
      isStreaming = true
    case .speaker(.first): findings.check(isStreaming, "a sample without a stream")
    case .speaker(.heard), .speaker(.cutOff):
      findings.check(isStreaming, "a stream ended that was none")
      isStreaming = false
    case .census(let census) where census.isAtRest:
      findings.check(!isStreaming, "a stream goes on at rest")
    default: break
    }
  }
}
