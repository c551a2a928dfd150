// SPDX-License-Identifier: Apache-2.0
import Time

/// Each request on the control socket gets its last reply in time.
struct ControlInvariant: Invariant {
  static let name = "control"
  private let slack: Duration
  private var open: [Int: Instant] = [:]

  init(_ facts: Facts) { slack = .milliseconds(50) + facts.latenessMax * 2 }

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .asked(let request, let deadline): open[request] = deadline
    case .answered(let request):
      guard let deadline = open.removeValue(forKey: request) else {
        return findings.check(false, "request \(request) was answered twice")
      }
      findings.check(now <= deadline + slack, "request \(request) was answered \(now - deadline) late")
    case .census(let census) where census.isAtRest:
      findings.check(open.isEmpty, "requests without an answer: \(open.keys.sorted())")
    default: break
    }
  }
}
