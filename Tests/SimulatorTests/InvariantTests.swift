// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Intents
import Runtime
import TestSupport
import Testing
import Time

@testable import Simulator

/// Each invariant as the pure machine that it is: what it lets pass and what not.
@Suite struct InvariantTests {
  /// Any sound machine gives no finding; one that forgets the end of a hold is found out.
  @Test func aBrokenGestureMachineIsFoundOutAndASoundOneIsNot() {
    var random = Seed.generator()
    var clumsy = 0
    for _ in 0..<50 {
      let edges = Self.edges(&random)
      #expect(Self.judge(edges, forgetsReleases: false) == [])
      clumsy += Self.judge(edges, forgetsReleases: true).isEmpty ? 0 : 1
    }
    #expect(clumsy > 25)
  }

  /// Events by their second, and the finding: nil for none.
  static let cases: [(String, [(Double, WorldEvent)], String?)] = [
    ("loop", [(1, .timer(number: 1, due: at(1))), (1, .timer(number: 2, due: at(1)))], nil),
    ("loop", [(1, .timer(number: 1, due: at(2)))], "early"),
    ("loop", [(3, .timer(number: 1, due: at(1)))], "late"),
    ("loop", [(1, .timer(number: 2, due: at(1))), (1, .timer(number: 1, due: at(1)))], "after"),
    ("outputs", started + [(1, .output(line: "siren", percent: 100)), (2, .linesStopped)], nil),
    ("outputs", started + [(1, .output(line: "siren", percent: 0)), (2, .linesStopped)], "not at 100 %"),
    ("outputs", started + [(1, .output(line: "siren", percent: 50))], "at 50 %"),
    ("outputs", [(1, .output(line: "siren", percent: 0))], "released"),
    ("voice", [(1, heard(1)), (2, .outcome(utterance: 1, .completed(text: "")))], nil),
    ("voice", [(1, heard(1)), (20, .world("later"))], "has not ended"),
    ("voice", [(20, held(1)), (21, .outcome(utterance: 1, .completed(text: "")))], nil),
    ("voice", [(20, held(1)), (40, .world("later"))], "has not ended"),
    ("voice", [(1, heard(1)), (2, replied(1)), (20, .world("later"))], nil),
    ("voice", [(1, heard(2)), (2, heard(1))], "after 2"),
    ("voice", [(2, .outcome(utterance: 1, .completed(text: "")))], "never began"),
    ("speaker", [(1, .speaker(.begin)), (2, .speaker(.heard)), (3, .speaker(.begin))], nil),
    ("speaker", [(1, .speaker(.begin)), (2, .speaker(.begin))], "while another"),
    ("speaker", [(1, .speaker(.heard))], "that was none"),
    ("rules", [(1, porch(100)), (3, porch(0)), (9, rest)], nil),
    ("rules", [(1, porch(100)), (9, porch(0))], "late"),
    ("rules", [(1, .census(Census(running: ["asks"], isAtRest: true)))], "still running"),
    ("automations", [(1, door(true)), (4, alarm(100)), (9, .census(Census()))], nil),
    ("automations", [(1, door(true)), (3, alarm(100))], "the door open for"),
    ("automations", [(1, door(true)), (9, .census(Census()))], "and no alarm"),
    (
      "automations", [(1, door(true)), (4, alarm(100)), (5, door(false)), (9, .census(Census()))], "is closed"
    ),
    ("automations", [(200, beacon), (800, beacon)], nil), ("automations", [(202, beacon)], "late"),
    ("automations", [(200, beacon), (1400, beacon)], "no beacon"),
    ("automations", [(1, bell), (2, bell), (3, bell), (62, bell)], nil),
    ("automations", [(1, bell), (2, bell), (3, bell), (60, bell)], "4 bells"),
    ("automations", [(90, even), (200, even)], nil), ("automations", [(30, even)], "in minute"),
    ("automations", [(260.1, even)], nil), ("automations", [(262, even)], "in minute"),
    ("control", [(1, .asked(request: 1, until: at(2))), (2, .answered(request: 1))], nil),
    ("control", [(1, .asked(request: 1, until: at(2))), (4, .answered(request: 1))], "late"),
    ("control", [(1, .asked(request: 1, until: at(2))), (9, rest)], "without an answer"),
    ("store", [(1, journal(["boot": 1, "shutdown": 1, "intent": 2, "outcome": 1], ["outcome": 1], 1))], nil),
    ("store", [(1, journal(["boot": 1, "shutdown": 1], ["outcome": 1], 2))], "the journal tells of 1"),
    ("store", [(1, journal(["boot": 1], [:], 0))], "0 × shutdown"),
    ("log", (0..<40).map { _ in (1, line("lost 7 frames")) }, nil),
    ("log", (0..<41).map { (1, line("lost \($0) frames")) }, "again and again"),
    ("limits", [(1, rest), (2, rest)], nil),
    ("limits", [(1, rest), (2, .census(Census(tasks: ["leak"], isAtRest: true)))], "tasks at rest"),
    ("limits", [(1, .census(Census(timers: 1000)))], "1000 timers"),
  ]

  @Test(arguments: cases.indices) func eachInvariantLetsTheGoodPassAndNothingElse(index: Int) throws {
    let (name, events, finding) = Self.cases[index]
    let type = try #require(Invariants.all.first { $0.name == name })
    var invariant = type.init(Facts(settings: Settings(), latenessMax: .milliseconds(1)))
    var findings = Findings()
    for (second, event) in events { invariant.observe(event, at: Self.at(second), &findings) }
    if let finding {
      #expect(findings.broken.contains { $0.contains(finding) }, "\(findings.broken)")
    } else {
      #expect(findings.broken == [])
      #expect(findings.checks > 0)
    }
  }

  @Test func namesAreUnique() {
    #expect(Set(Invariants.all.map { $0.name }).count == Invariants.all.count)
  }

  // MARK: Events

  private static func at(_ second: Double) -> Instant { Instant(nanoseconds: UInt64((1000 + second) * 1e9)) }
  private static let rest = WorldEvent.census(Census(isAtRest: true))
  private static func porch(_ percent: Int) -> WorldEvent { .output(line: "porch", percent: percent) }
  private static func alarm(_ percent: Int) -> WorldEvent { .output(line: "alarm", percent: percent) }
  private static func door(_ isOpen: Bool) -> WorldEvent {
    .edge(LineEdge(line: "door", isActive: isOpen, at: at(1)))
  }
  private static let beacon = WorldEvent.output(line: "beacon", percent: 100)
  private static let bell = WorldEvent.output(line: "bell", percent: 100)
  private static let even = WorldEvent.output(line: "even", percent: 100)
  private static func line(_ text: String) -> WorldEvent {
    .log(.init(level: .info, module: "test", message: text))
  }
  private static func heard(_ id: Int) -> WorldEvent {
    .timeline(TimelineEntry(.utterance, "1 s of speech", utterance: id, sinceSpeechEndMS: 400))
  }
  /// Its button was held long after the last word.
  private static func held(_ id: Int) -> WorldEvent {
    .timeline(TimelineEntry(.utterance, "1 s of speech", utterance: id, sinceSpeechEndMS: 15_000))
  }
  private static func journal(_ rows: [String: Int], _ lost: [String: Int], _ unstored: Int) -> WorldEvent {
    var journal = JournalCensus()
    (journal.rows, journal.lost, journal.unstored) = (rows, lost, unstored)
    return .journal(journal)
  }
  private static func replied(_ id: Int) -> WorldEvent {
    .timeline(TimelineEntry(.reply, "Yes.", utterance: id, sinceSpeechEndMS: 900))
  }
  private static var started: [(Double, WorldEvent)] {
    var siren = LineSettings(name: "siren", direction: .output, line: "1")
    siren.safeOn = true
    return [(0, .linesStarted([siren]))]
  }

  // MARK: Gestures

  private static let button = LineSettings(name: "button", direction: .input, line: "0")

  /// Presses of any length with any gap; ends released.
  private static func edges(_ random: inout SeededGenerator) -> [(Instant, Bool)] {
    var now = at(1)
    return (0..<40).map { index in
      now = now + random.milliseconds(random.isTrue(0.2) ? 400...3000 : 5...400)
      return (now, index % 2 == 0)
    }
  }

  /// What the invariant finds when these edges go through a gesture machine.
  private static func judge(_ edges: [(Instant, Bool)], forgetsReleases: Bool) -> [String] {
    var invariant = GestureInvariant(Facts(settings: Settings(), latenessMax: .zero))
    var findings = Findings()
    var machine = GestureMachine(button)
    var wasHold = false
    func tell(_ gestures: Gestures, _ now: Instant) {
      for gesture in gestures {
        if forgetsReleases, wasHold, gesture == .release { continue }
        wasHold = gesture == .hold
        let entry = TimelineEntry(.gesture, "button \(gesture.rawValue)")
        invariant.observe(.timeline(entry), at: now, &findings)
      }
    }
    func advance(to now: Instant) {
      while let due = machine.nextDeadline, due <= now { tell(machine.advance(to: due), due) }
    }
    invariant.observe(.linesStarted([button]), at: at(0), &findings)
    for (now, isActive) in edges {
      advance(to: now - .nanoseconds(1))
      invariant.observe(
        .edge(LineEdge(line: "button", isActive: isActive, at: now)), at: now, &findings)
      tell(machine.handle(isActive, at: now), now)
    }
    advance(to: at(100_000))
    invariant.observe(rest, at: at(100_000), &findings)
    return findings.broken
  }
}
