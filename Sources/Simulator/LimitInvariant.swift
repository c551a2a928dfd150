// SPDX-License-Identifier: Apache-2.0
import Time

/// Nothing grows: tasks, timers and descriptors stay within bounds, and at rest there is no more than at
/// the first rest.
struct LimitInvariant: Invariant {
  static let name = "limits"
  private static let tasksMax = 64
  private static let timersMax = 128
  private static let descriptorsMax = 64

  private var first: Census?

  init(_ facts: Facts) {}

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    guard case .census(let census) = event else { return }
    findings.check(census.tasks.count <= Self.tasksMax, "\(census.tasks.count) tasks: \(census.tasks)")
    findings.check(census.timers <= Self.timersMax, "\(census.timers) timers")
    findings.check(census.descriptors <= Self.descriptorsMax, "\(census.descriptors) descriptors")
    guard census.isAtRest else { return }
    if let first {
      findings.check(census.tasks == first.tasks, "tasks at rest: \(census.tasks), at first \(first.tasks)")
      findings.check(
        census.descriptors <= first.descriptors,
        "\(census.descriptors) descriptors at rest, \(first.descriptors) at first")
      findings.check(
        census.timers <= first.timers, "\(census.timers) timers at rest, \(first.timers) at first")
    }
    first = first ?? census
  }
}
