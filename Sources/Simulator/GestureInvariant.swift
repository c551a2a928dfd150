// SPDX-License-Identifier: Apache-2.0
import Automation
import Runtime
import Time

/// No press is eaten and none is invented: each edge is told at once, each click belongs to exactly one
/// gesture, a long press holds, every hold ends, motion and its end alternate.
struct GestureInvariant: Invariant {
  static let name = "gestures"
  private let latenessMax: Duration
  private var inputs: [String: Input] = [:]
  private var names: [String] = []

  init(_ facts: Facts) { latenessMax = facts.latenessMax }

  mutating func observe(_ event: WorldEvent, at now: Instant, _ findings: inout Findings) {
    switch event {
    case .linesStarted(let lines):
      // A line whose settings stay goes on.
      let old = inputs
      inputs = [:]
      for line in lines where line.direction == .input {
        let known = old[line.name]
        inputs[line.name] = known?.settings == line ? known : Input(line)
      }
      names = inputs.keys.sorted()
    case .linesStopped: inputs = [:]
    case .edge(let edge):
      settled(now, &findings)
      inputs[edge.line]?.take(edge)
    case .timeline(let entry) where entry.stage == .gesture:
      let words = entry.text.split(separator: " ").map(String.init)
      guard words.count == 2, let gesture = Gesture(rawValue: words[1]), inputs[words[0]] != nil else {
        return findings.check(false, "\(entry.text): told while there are no lines")
      }
      inputs[words[0]]?.hear(gesture, now, &findings)
    case .census(let census):
      settled(now, &findings)
      if census.isAtRest { for name in names { inputs[name]?.rest(&findings) } }
    default: break
    }
  }

  /// What the last edge of each line has to be told was told.
  private func settled(_ now: Instant, _ findings: inout Findings) {
    for name in names {
      guard let owed = inputs[name]?.owed else { continue }
      findings.check(false, "\(name): a \(owed.rawValue) was eaten")
    }
  }

  private struct Input {
    let settings: LineSettings
    private(set) var owed: Gesture?
    private var isActive = false
    private var isMoving = false
    private var changed = Instant.zero
    private var pressed = Instant.zero
    private var mayClick = false
    private var isHeld = false
    /// Clicks that no gesture has told yet.
    private var clicks = 0

    init(_ settings: LineSettings) { self.settings = settings }

    mutating func take(_ edge: LineEdge) {
      if edge.isActive == isActive { return }
      isActive = edge.isActive
      changed = edge.at
      owed = edge.isActive ? (edge.isInitial ? nil : .press) : .release
      if edge.isActive {
        (pressed, mayClick, isHeld) = (edge.at, !edge.isInitial, false)
      }
    }

    mutating func hear(_ gesture: Gesture, _ now: Instant, _ findings: inout Findings) {
      let name = settings.name
      switch gesture {
      case .press, .release:
        findings.check(owed == gesture, "\(name): a \(gesture.rawValue) that nobody made")
        owed = nil
        if gesture == .release { released(&findings) }
      case .click, .double, .triple, .multi:
        let told = [Gesture.click: 1, .double: 2, .triple: 3][gesture] ?? max(4, clicks)
        findings.check(clicks == told, "\(name): \(gesture.rawValue) after \(clicks) clicks")
        clicks = 0
      case .hold:
        findings.check(
          settings.kind == .button && now - pressed >= settings.holdTime && (isActive || owed == .release),
          "\(name): a hold without a long press")
        findings.check(!isHeld || settings.holdRepeat != nil, "\(name): held twice")
        (isHeld, mayClick) = (true, false)
      case .motion:
        findings.check(isActive && !isMoving, "\(name): motion while there is motion")
        isMoving = true
      case .noMotion:
        let isOver = !isActive || owed == .press
        findings.check(
          isMoving && isOver && (now - changed >= settings.offDelay || owed == .press),
          "\(name): no_motion too early")
        isMoving = false
      }
    }

    private mutating func released(_ findings: inout Findings) {
      guard settings.kind == .button else { return }
      let isLong = changed - pressed >= settings.holdTime
      findings.check(
        isHeld == isLong, "\(name): a press of \(changed - pressed) \(isHeld ? "held" : "did not hold")")
      if mayClick { clicks += 1 }
    }

    private var name: String { settings.name }

    func rest(_ findings: inout Findings) {
      if isActive { return }
      findings.check(clicks == 0, "\(name): \(clicks) clicks were never told")
      findings.check(!isMoving, "\(name): motion without end")
    }
  }
}
