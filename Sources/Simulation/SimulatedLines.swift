// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Runtime
import Time

/// The lines of board `sim`: inputs are pressed by a script or a test, outputs are read back.
///
/// Levels are logical, and every name of the configuration exists; `fail` takes a line away.
@LoopActor public final class SimulatedLines: Lines, SimulatedInputs {
  public var onEdge: (@LoopActor (LineEdge) -> Void)?
  public var onEvent: (@LoopActor (String) -> Void)?
  /// Called with each change of an output, in percent: the demo's timeline and tests.
  public var onOutput: (@LoopActor (_ line: String, _ percent: Int, Instant) -> Void)?

  private let loop: EventLoop
  private var lines: [String: Line] = [:]
  private var timers: [TimerToken] = []

  public init(loop: EventLoop = LoopActor.shared.loop) { self.loop = loop }

  // MARK: The seam

  public func start(_ settings: [LineSettings]) {
    for line in lines.values where !settings.contains(line.settings) { close(line.settings) }
    for line in settings where lines[line.name] == nil {
      lines[line.name] = Line(line)
      if line.direction == .input {
        onEdge?(LineEdge(line: line.name, isActive: false, at: loop.now, isInitial: true))
      } else {
        show(line.name, line.safeOn ? 100 : 0)
      }
    }
  }

  @discardableResult public func set(_ line: String, on: Bool) -> Bool { set(line, percent: on ? 100 : 0) }

  @discardableResult public func set(_ line: String, percent: Int) -> Bool {
    guard let known = lines[line], known.settings.direction != .input else { return false }
    if known.isAway {
      lines[line]?.wanted = percent
      return false
    }
    show(line, percent)
    return true
  }

  public func isOn(_ line: String) -> Bool? {
    guard let known = lines[line], !known.isAway else { return nil }
    return known.percent > 0
  }

  public func stop() {
    for timer in timers { loop.cancel(timer) }
    timers = []
    for line in lines.values { close(line.settings) }
  }

  private func close(_ line: LineSettings) {
    if line.direction != .input { show(line.name, line.safeOn ? 100 : 0) }
    lines[line.name] = nil
  }

  // MARK: The person at the board

  /// Brings an input to a level, as an edge if that is a change. False for what is no input.
  @discardableResult public func drive(_ line: String, _ isActive: Bool) -> Bool {
    guard let known = lines[line], known.settings.direction == .input else { return false }
    if (known.percent > 0) == isActive { return true }
    lines[line]?.percent = isActive ? 100 : 0
    if known.isAway { return true }
    onEdge?(LineEdge(line: line, isActive: isActive, at: loop.now))
    return true
  }

  /// Presses an input after a while and lets it go again.
  public func press(_ line: String, after delay: Duration = .zero, for duration: Duration = .milliseconds(80))
  {
    timers.append(loop.after(delay, name: "simulated press") { [weak self] in self?.drive(line, true) })
    timers.append(
      loop.after(delay + duration, name: "simulated release") { [weak self] in self?.drive(line, false) })
  }

  /// Clicks an input, 80 ms down and 120 ms up each time.
  public func click(_ line: String, times: Int, after delay: Duration = .zero) {
    for index in 0..<times { press(line, after: delay + .milliseconds(200) * index) }
  }

  /// Takes a line away, as an unplugged chip would, and brings it back.
  public func setAway(_ line: String, _ isAway: Bool) {
    guard let known = lines[line], known.isAway != isAway else { return }
    lines[line]?.isAway = isAway
    onEvent?(isAway ? "line \(line): simulated loss" : "line \(line) is back")
    if isAway { return }
    if known.settings.direction == .input {
      onEdge?(LineEdge(line: line, isActive: known.percent > 0, at: loop.now, isInitial: true))
    } else if let wanted = lines[line]?.wanted.take() {
      show(line, wanted)
    }
  }

  /// What an output shows, 0…100; nil for an unknown line.
  public func percent(_ line: String) -> Int? { lines[line]?.percent }

  private func show(_ line: String, _ percent: Int) {
    lines[line]?.percent = percent
    onOutput?(line, percent, loop.now)
  }

  private struct Line {
    let settings: LineSettings
    var percent: Int
    var isAway = false
    /// What an output is to show when it comes back.
    var wanted: Int?

    init(_ settings: LineSettings) {
      self.settings = settings
      percent = settings.direction != .input && settings.safeOn ? 100 : 0
    }
  }
}
