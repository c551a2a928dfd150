// SPDX-License-Identifier: Apache-2.0
import Log
import Time

/// The log is for people: no line comes again and again, and trouble is told, not poured out.
struct LogInvariant: Invariant {
  static let name = "log"
  /// Lines a minute that differ in numbers only, beyond what really happened.
  private static let equalMax = 40
  /// Lines a minute of warnings and errors.
  private static let troubleMax = 60

  private var minute: UInt64 = 0
  private var equal: [String: Int] = [:]
  private var trouble = 0
  /// Edges and gestures of this minute: each may be told.
  private var causes = 0

  init(_ facts: Facts) {}

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    let minute = now.nanoseconds / 60_000_000_000
    if minute != self.minute { (self.minute, equal, trouble, causes) = (minute, [:], 0, 0) }
    switch event {
    case .edge: causes += 1
    case .timeline(let entry) where entry.stage == .gesture: causes += 1
    case .log(let line): judge(line, &findings)
    default: break
    }
  }

  private mutating func judge(_ line: LogEvent, _ findings: inout Findings) {
    let key = "\(line.module) \(line.message.filter { !$0.isNumber })"
    equal[key, default: 0] += 1
    findings.check(equal[key, default: 0] <= Self.equalMax + causes, "again and again: \(line.message)")
    if line.level >= .warning { trouble += 1 }
    findings.check(trouble <= Self.troubleMax, "more than \(Self.troubleMax) warnings in a minute")
  }
}
