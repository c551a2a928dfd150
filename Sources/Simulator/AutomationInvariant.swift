// SPDX-License-Identifier: Apache-2.0
import Time

/// What automations do by the time: a door that is left open, a schedule, a limit of starts, a condition on
/// the clock. Whatever happens to disk, lines and configuration meanwhile.
struct AutomationInvariant: Invariant {
  static let name = "automations"
  private typealias House = WorldConfiguration

  /// From a deadline to its effect: its timer, the commits before it and under way, debouncing.
  private let slack: Duration
  private var openSince: Instant?
  private var closedSince: Instant?
  private var isAlarmOn = false
  private var lastBeacon: Instant?
  private var bells: [Instant] = []

  init(_ facts: Facts) { slack = facts.latenessMax * 4 + .milliseconds(200) }

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .edge(let edge) where edge.line == House.door:
      if !edge.isActive { look(now, &findings) }
      (openSince, closedSince) = edge.isActive ? (openSince ?? now, nil) : (nil, closedSince ?? now)
    case .output(let line, let percent):
      switch line {
      case House.alarmLine: alarm(percent > 0, now, &findings)
      case House.beaconLine where percent > 0: beacon(now, &findings)
      case House.bellLine where percent > 0: bell(now, &findings)
      case House.evenLine where percent > 0:
        let (minute, since) = now.nanoseconds.quotientAndRemainder(dividingBy: 60_000_000_000)
        // What was decided in the last moment of a minute is done in the next.
        let isEven = minute % 2 == 0 || since <= UInt64(slack.nanoseconds)
        findings.check(isEven, "\(line) in minute \(minute)")
      default: break
      }
    case .census: look(now, &findings)
    case .linesStopped: (openSince, closedSince, isAlarmOn, lastBeacon) = (nil, nil, false, nil)
    default: break
    }
  }

  private mutating func alarm(_ isOn: Bool, _ now: Instant, _ findings: inout Findings) {
    // What is driven anew is no news.
    if isOn, !isAlarmOn {
      let open = openSince.map { now - $0 }
      // Closed while it was being switched on.
      let isClosing = closedSince.map { now - $0 <= slack } ?? false
      findings.check(
        isClosing || open.map { $0 >= House.alarmTime && $0 <= House.alarmTime + slack } ?? false,
        "the alarm is on, the door open for \(open.map { "\($0)" } ?? "no time")")
    }
    isAlarmOn = isOn
  }

  /// The wall clock of a world began with a full hour, the monotonic one with zero.
  private mutating func beacon(_ now: Instant, _ findings: inout Findings) {
    let late = Duration.nanoseconds(Int64(now.nanoseconds % UInt64(House.beaconTime.nanoseconds)))
    findings.check(late <= slack, "the beacon is \(late) late")
    if let lastBeacon {
      findings.check(now - lastBeacon <= House.beaconTime + slack, "no beacon for \(now - lastBeacon)")
    }
    lastBeacon = now
  }

  private mutating func bell(_ now: Instant, _ findings: inout Findings) {
    bells.append(now)
    bells.removeAll { now - $0 >= House.bellsTime - .milliseconds(1) }
    findings.check(bells.count <= House.bellsMax, "\(bells.count) bells in \(House.bellsTime)")
  }

  private func look(_ now: Instant, _ findings: inout Findings) {
    if let openSince, now - openSince > House.alarmTime + slack {
      findings.check(isAlarmOn, "the door is open for \(now - openSince), and no alarm")
    }
    if let closedSince, now - closedSince > slack {
      findings.check(!isAlarmOn, "the door is closed for \(now - closedSince), and there is an alarm")
    }
    if let lastBeacon {
      findings.check(now - lastBeacon <= House.beaconTime + slack, "no beacon for \(now - lastBeacon)")
    }
  }
}
