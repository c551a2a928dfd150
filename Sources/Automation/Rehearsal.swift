// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// Plays events to automations in a time of its own: what would they do? Effects are told and count as
/// done at once, with the answers that were given for them.
public struct Rehearsal: Sendable {
  /// Lines told at most; then it ends.
  public static let linesMax = 10_000

  /// `HH:MM:SS  automation#run: what`
  public private(set) var lines: [String] = []
  private let rules: [Rule]
  private let zone: TimeZone
  private var now: Stamp
  private let begin: Instant
  private var engine: Engine
  private var checkpoints: [String: JSONObject] = [:]
  private var answers: [String: Engine.StepResult] = [:]
  private var names: [UInt64: String] = [:]
  private var isStarted = false

  /// - Parameter start: nanoseconds since 1970.
  public init(_ rules: [Rule], zone: TimeZone, start: Int64) {
    self.rules = rules
    self.zone = zone
    begin = Instant(nanoseconds: 1_000_000_000_000)
    now = Stamp(wall: start, monotonic: begin)
    engine = Engine(rules, zone: zone, boot: "rehearsal", at: now)
  }

  /// Plays one event, and before it all that the time until then brings.
  public mutating func play(_ event: RehearsalEvent) {
    startOnce()
    pass(until: begin + event.at)
    switch event.what {
    case .nothing: break
    case .engine(let event): take(engine.handle(event, at: now))
    case .answer(let step, let result): answers[step] = result
    case .clock(let shift):
      tell("the clock is set by \(shift.shown)")
      now.wall += shift.nanoseconds
      take(engine.handle(.time, at: now))
    case .restart(let pause):
      tell("power is gone for \(pause.shown)")
      now.wall += pause.nanoseconds
      now.monotonic = now.monotonic + pause
      engine = Engine(rules, zone: zone, boot: "rehearsal", at: now)
      start()
    }
  }

  private mutating func startOnce() {
    if isStarted { return }
    isStarted = true
    start()
  }

  private mutating func start() {
    let left = checkpoints.sorted { $0.key < $1.key }.map { Turn.Checkpoint(key: $0.key, body: $0.value) }
    take(engine.start(left, at: now))
    take(engine.handle(.happened(.start), at: now))
  }

  private mutating func pass(until end: Instant) {
    while let next = engine.nextDeadline, next <= end, lines.count < Self.linesMax {
      move(to: max(next, now.monotonic))
      take(engine.handle(.time, at: now))
    }
    move(to: max(end, now.monotonic))
  }

  private mutating func move(to instant: Instant) {
    now.wall += (instant - now.monotonic).nanoseconds
    now.monotonic = instant
  }

  private mutating func take(_ first: Turn) {
    var turns = [first]
    while !turns.isEmpty, lines.count < Self.linesMax {
      let turn = turns.removeFirst()
      for checkpoint in turn.checkpoints { checkpoints[checkpoint.key] = checkpoint.body }
      for fact in turn.facts { told(fact) }
      for action in turn.actions {
        switch action {
        case .perform(let effect):
          tell("\(name(effect.id.run)): \(effect.step.told)")
          let result = answers[effect.step.summary] ?? .done(.null)
          turns.append(engine.handle(.stepEnded(effect.id, result), at: now))
        case .refused(let rule, let reason): tell("\(rule): not started, \(reason)")
        case .abandon, .started, .ended: break
        }
      }
    }
  }

  private mutating func told(_ fact: Turn.Fact) {
    let run = UInt64(clamping: fact.body["run"]?.integerValue ?? 0)
    let rule = fact.body["rule"]?.stringValue ?? ""
    names[run] = rule
    let name = name(run)
    switch fact.kind {
    case "rule.started": tell("\(name): started by \(fact.body["trigger"]?.stringValue ?? "")")
    case "rule.queued": tell("\(name): queued")
    case "rule.waiting": tell("\(name): waits, \(fact.body["on"]?.stringValue ?? "")")
    case "rule.approval": tell("\(name): \(fact.body["approved"] == true ? "approved" : "not approved")")
    case "rule.unknown": tell("\(name): not known whether done: \(fact.body["step"]?.stringValue ?? "")")
    case "rule.failed": tell("\(name): stopped, \(fact.body["failure"]?.stringValue ?? "")")
    case "rule.ended":
      let failure = fact.body["failure"]?.stringValue
      tell("\(name): ended\(failure.map { ", \($0)" } ?? "")")
    default: break
    }
  }

  private func name(_ run: UInt64) -> String { "\(names[run] ?? "")#\(run)" }

  private mutating func tell(_ text: String) {
    let time = zone.civil(at: now.wall.floorDivided(by: 1_000_000_000))
    lines.append("\(time.clock):\(time.second < 10 ? "0" : "")\(time.second)  \(text)")
  }
}

extension Step {
  /// With what it says.
  fileprivate var told: String {
    switch self {
    case .say(let text), .log(let text), .notify(_, let text): "\(summary) \"\(text)\""
    case .ask(let question): "\(summary) \"\(question.text)\""
    case .run(let argv, _): "run \(argv.joined(separator: " "))"
    case .http(let request): request.body.map { "\(summary) \"\($0)\"" } ?? summary
    default: summary
    }
  }
}
