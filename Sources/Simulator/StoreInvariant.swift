// SPDX-License-Identifier: Apache-2.0
import Time

/// The journal is whole, whatever the disk did: nothing is lost that it does not tell itself, and what was
/// begun has its end in it.
struct StoreInvariant: Invariant {
  static let name = "store"

  init(_ facts: Facts) {}

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    guard case .journal(let journal) = event else { return }
    findings.check(journal.problems.isEmpty, "the journal: \(journal.problems.joined(separator: "; "))")
    let told = journal.lost.values.reduce(0, +)
    findings.check(
      told == journal.unstored, "\(journal.unstored) changes were not stored, the journal tells of \(told)")
    for (begin, end) in [("boot", "shutdown"), ("intent", "outcome"), ("rule.started", "rule.ended")] {
      let (begun, ended) = (journal.happened(begin), journal.happened(end))
      findings.check(begun == ended, "\(begun) × \(begin), \(ended) × \(end)")
    }
  }
}
