// SPDX-License-Identifier: Apache-2.0
import Time

/// Every run of an automation ends, and what it switches on for a while it switches off again.
struct RuleInvariant: Invariant {
  static let name = "rules"
  private let slack: Duration
  private var onSince: Instant?

  init(_ facts: Facts) { slack = facts.latenessMax * 2 }

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .output(WorldConfiguration.whileLine, let percent):
      if let onSince, percent == 0 {
        let late = now - onSince - WorldConfiguration.whileTime
        findings.check(late <= slack, "\(WorldConfiguration.whileLine) went off \(late) late")
      }
      if percent == 0 { onSince = nil } else { onSince = onSince ?? now }
    // Runs of the old rules end there.
    case .reloaded, .linesStopped: onSince = nil
    case .census(let census):
      if let onSince {
        let late = now - onSince - WorldConfiguration.whileTime
        findings.check(late <= slack, "\(WorldConfiguration.whileLine) is still on, \(late) late")
      }
      if census.isAtRest {
        findings.check(census.running.isEmpty, "still running at rest: \(census.running)")
      }
    default: break
    }
  }
}
