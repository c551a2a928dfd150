// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Time

/// Joins the lines with their machines: edges become gestures, commands become courses of levels.
///
/// One timer of the loop serves all lines; it is set only while some machine waits for time to pass.
@LoopActor public final class LineDriver {
  /// A gesture of an input, with the instant of the edge (or deadline) that completed it.
  public var onGesture: (@LoopActor (_ line: String, Gesture, Instant) -> Void)?
  /// The steady level of an output was set.
  public var onLevel: (@LoopActor (_ line: String, _ isOn: Bool) -> Void)?
  /// Every debounced edge, for `mtor gpio watch`.
  public var onEdge: (@LoopActor (LineEdge) -> Void)?
  /// A state worth telling, once: line busy, chip away or back, edges lost.
  public var onEvent: (@LoopActor (String) -> Void)?

  private let lines: any Lines
  private let loop: EventLoop
  private var settings: [LineSettings]
  private var indices: [String: Int]
  private var machines: [Machine]
  private var counters: [Counters]
  private var timer: TimerToken?
  private var timerDeadline: Instant?
  private var onTimer: (@LoopActor () -> Void)?

  public init(_ lines: any Lines, settings: [LineSettings], loop: EventLoop = LoopActor.shared.loop) {
    self.lines = lines
    self.loop = loop
    self.settings = settings
    indices = Self.indices(settings)
    machines = settings.map(Machine.init)
    counters = settings.map { _ in Counters() }
    onTimer = { [unowned self] in advance() }
  }

  public func start() {
    lines.onEdge = { [unowned self] in handle($0) }
    lines.onEvent = { [unowned self] in onEvent?($0) }
    lines.start(settings)
  }

  /// Other lines from now on. Those whose settings stay are not touched: what they do goes on.
  public func replace(_ new: [LineSettings]) {
    let old = (settings: settings, machines: machines, counters: counters)
    func kept(_ line: LineSettings) -> Int? { old.settings.firstIndex(of: line) }
    machines = new.map { line in kept(line).map { old.machines[$0] } ?? Machine(line) }
    counters = new.map { line in kept(line).map { old.counters[$0] } ?? Counters() }
    settings = new
    indices = Self.indices(new)
    lines.start(new)
    schedule()
  }

  private static func indices(_ settings: [LineSettings]) -> [String: Int] {
    Dictionary(settings.indices.map { (settings[$0].name, $0) }) { first, _ in first }
  }

  /// Outputs to their safe state, all lines released, no more gestures.
  public func stop() {
    if let timer = timer.take() { loop.cancel(timer) }
    timerDeadline = nil
    machines = settings.map(Machine.init)
    lines.stop()
    lines.onEdge = nil
    lines.onEvent = nil
  }

  /// Gives an output its command; it ends the one before.
  ///
  /// - Parameter instant: when it begins: that of the gesture which set it off; nil: now.
  /// - Returns: false for an input, an unknown line, or one that is not to be had now. A line that
  ///   is away gets the level when it comes back.
  @discardableResult
  public func command(
    _ line: String, _ command: OutputMachine.Command, at instant: Instant? = nil
  ) -> Bool {
    guard let index = indices[line], case .output(var machine) = machines[index] else { return false }
    let percent = machine.handle(command, at: instant ?? loop.now)
    machines[index] = .output(machine)
    let isSet = lines.set(line, percent: percent)
    if isSet { onLevel?(line, machine.isSteadyOn) }
    schedule()
    return isSet
  }

  /// What is known about every line, for `mtor gpio` and `mtor status`.
  public func state() -> [LineState] {
    settings.indices.map { index in
      LineState(
        settings: settings[index], isOn: lines.isOn(settings[index].name), edges: counters[index].edges,
        lostEdges: counters[index].lost, isBusy: machines[index].isBusy)
    }
  }

  private func handle(_ edge: LineEdge) {
    guard let index = indices[edge.line], case .input(var machine) = machines[index] else { return }
    if !edge.isInitial { counters[index].edges += 1 }
    counters[index].lost += edge.lostBefore
    let gestures =
      edge.isInitial
      ? machine.begin(edge.isActive, at: edge.at) : machine.handle(edge.isActive, at: edge.at)
    machines[index] = .input(machine)
    onEdge?(edge)
    for gesture in gestures { onGesture?(edge.line, gesture, edge.at) }
    schedule()
  }

  private func advance() {
    timer = nil
    timerDeadline = nil
    let now = loop.now
    for index in machines.indices {
      guard let deadline = machines[index].nextDeadline, deadline <= now else { continue }
      advance(index, deadline, now)
    }
    schedule()
  }

  private func advance(_ index: Int, _ deadline: Instant, _ now: Instant) {
    switch machines[index] {
    case .input(var machine):
      let gestures = machine.advance(to: now)
      machines[index] = .input(machine)
      for gesture in gestures { onGesture?(settings[index].name, gesture, deadline) }
    case .output(var machine):
      let percent = machine.advance(to: now)
      machines[index] = .output(machine)
      if let percent { lines.set(settings[index].name, percent: percent) }
    }
  }

  /// Sets the loop's timer to the earliest deadline; leaves it alone when that has not changed.
  private func schedule() {
    var earliest: Instant?
    for index in machines.indices {
      guard let deadline = machines[index].nextDeadline else { continue }
      earliest = min(earliest ?? deadline, deadline)
    }
    if earliest == timerDeadline { return }
    if let timer = timer.take() { loop.cancel(timer) }
    timerDeadline = earliest
    guard let earliest, let onTimer else { return }
    timer = loop.at(earliest, name: "lines", onTimer)
  }

  private struct Counters {
    var edges = 0
    var lost = 0
  }

  private enum Machine {
    case input(GestureMachine)
    case output(OutputMachine)

    init(_ settings: LineSettings) {
      self =
        settings.direction == .input
        ? .input(GestureMachine(settings))
        : .output(OutputMachine(isOn: settings.safeOn, hasBrightness: settings.direction == .led))
    }

    var nextDeadline: Instant? {
      switch self {
      case .input(let machine): machine.nextDeadline
      case .output(let machine): machine.nextDeadline
      }
    }

    /// Something goes on that time will end: a blink, a held button, a click gap.
    var isBusy: Bool { nextDeadline != nil }
  }
}
