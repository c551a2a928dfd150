// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Outputs are within their range, are driven only while they are ours, and are left in their safe state.
struct OutputInvariant: Invariant {
  static let name = "outputs"
  private var lines: [LineSettings] = []
  /// Outputs that a reload has given up.
  private var released: [LineSettings] = []
  private var shown: [String: Int] = [:]
  private var areOurs = false

  init(_ facts: Facts) {}

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .linesStarted(let new):
      released = lines.filter { line in !new.contains { $0.name == line.name } }
      lines = new.filter { $0.direction != .input }
      areOurs = true
    case .output(let line, let percent):
      findings.check(areOurs, "\(line) was driven after it had been released")
      let isPlain = lines.contains { $0.name == line && $0.direction == .output }
      findings.check(
        isPlain ? percent == 0 || percent == 100 : (0...100).contains(percent), "\(line) at \(percent) %")
      shown[line] = percent
    case .linesStopped:
      areOurs = false
      check(lines + released, &findings)
    case .census: check(released, &findings)
    default: break
    }
  }

  private func check(_ left: [LineSettings], _ findings: inout Findings) {
    for line in left {
      let safe = line.safeOn ? 100 : 0
      findings.check(
        shown[line.name] == safe, "\(line.name) was left at \(shown[line.name] ?? -1) %, not at \(safe) %")
    }
  }
}
