// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Runtime
import Simulation
import Time

/// The simulated lines of a world, with everything that goes in and out on record.
@LoopActor final class ObservedLines: Lines {
  let lines = SimulatedLines()
  var onEdge: (@LoopActor (LineEdge) -> Void)?
  var onEvent: (@LoopActor (String) -> Void)? {
    get { lines.onEvent }
    set { lines.onEvent = newValue }
  }

  private let record: @LoopActor (WorldEvent) -> Void
  private let sabotage: Sabotage?
  private var presses = 0

  init(sabotage: Sabotage?, record: @escaping @LoopActor (WorldEvent) -> Void) {
    self.sabotage = sabotage
    self.record = record
    lines.onEdge = { [unowned self] in take($0) }
    lines.onOutput = { line, percent, _ in
      if sabotage == .silentAlarm, line == WorldConfiguration.alarmLine, percent > 0 { return }
      record(.output(line: line, percent: percent))
    }
  }

  func start(_ settings: [LineSettings]) {
    record(.linesStarted(settings))
    lines.start(settings)
  }

  @discardableResult func set(_ line: String, on: Bool) -> Bool { lines.set(line, on: on) }
  @discardableResult func set(_ line: String, percent: Int) -> Bool { lines.set(line, percent: percent) }
  func isOn(_ line: String) -> Bool? { lines.isOn(line) }

  func stop() {
    if sabotage == .stuckOutput { lines.set("siren", on: false) } else { lines.stop() }
    record(.linesStopped)
  }

  private func take(_ edge: LineEdge) {
    record(.edge(edge))
    if edge.isActive { presses += 1 }
    if sabotage == .lostPress, presses % 5 == 0 { return }
    onEdge?(edge)
  }
}

/// Something broken on purpose: an invariant has to find it.
public enum Sabotage: String, Sendable, CaseIterable {
  /// Each fifth press never reaches the gestures.
  case lostPress = "lost-press"
  /// The lines are let go without their safe state.
  case stuckOutput = "stuck-output"
  /// The loudspeaker never says that a stream has ended.
  case endlessReply = "endless-reply"
  /// The loop comes to its timers long after their deadlines.
  case lateTimer = "late-timer"
  /// A row of the journal is changed after the end.
  case forgedFact = "forged-fact"
  /// What a door that is left open switches on stays off.
  case silentAlarm = "silent-alarm"
  /// The same line is logged without end.
  case chatter

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
