// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// Outputs are within their range, are driven only while they are ours, and are left in their safe state.
struct OutputInvariant: Invariant {
  static let name = "outputs"
  private var lines: [LineSettings] = []
  private var shown: [String: Int] = [:]
  private var areOurs = false

  init(_ facts: Facts) {}

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .linesStarted(let lines):
      self.lines = lines.filter { $0.direction != .input }
      areOurs = true
    case .output(let line, let percent):
      findings.check(areOurs, "\(line) was driven after it had been released")
      let isPlain = lines.contains { $0.name == line && $0.direction == .output }
      findings.check(
        isPlain ? percent == 0 || percent == 100 : (0...100).contains(percent), "\(line) at \(percent) %")
      shown[line] = percent
    case .linesStopped:
      areOurs = false
      for line in lines {
        let safe = line.safeOn ? 100 : 0
        findings.check(
          shown[line.name] == safe, "\(line.name) was left at \(shown[line.name] ?? -1) %, not at \(safe) %")
      }
    default: break
    }
  }
}
