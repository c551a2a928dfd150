// SPDX-License-Identifier: Apache-2.0
import Time

/// Timers fire in the order of their deadlines, equal ones in the order they were set; never early and
/// no later than the machine is.
struct LoopInvariant: Invariant {
  static let name = "loop"
  private let latenessMax: Duration
  private var last: (due: Instant, number: Int) = (.zero, 0)

  init(_ facts: Facts) { latenessMax = facts.latenessMax }

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    guard case .timer(let number, let due) = event else { return }
    findings.check(now >= due, "timer \(number) fired \(due - now) early")
    findings.check(now - due <= latenessMax, "timer \(number) fired \(now - due) late")
    findings.check((last.due, last.number) < (due, number), "timer \(number) fired after \(last.number)")
    last = (due, number)
  }
}
