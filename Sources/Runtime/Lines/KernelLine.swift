// SPDX-License-Identifier: Apache-2.0
import Automation
import GPIO
import Loop
import Time

/// One line of a GPIO chip: requested, watched, lost and got back.
@LoopActor final class KernelLine {
  /// Batches of edges taken in one turn of the loop; the rest follow in the next.
  private static let batchesPerTurn = 16

  let settings: LineSettings
  private let loop: EventLoop
  private let consumer: String
  private let chip: String?
  private unowned let owner: KernelLines

  private var request: LineRequest?
  private var watch: WatchToken?
  private var retry: TimerToken?
  private var backoff = Backoff()
  /// What was told last; nil while all is well.
  private var trouble: String?

  /// Outputs: the level wanted, kept while the chip is away.
  private var wanted: Bool
  /// Inputs: the level of the last edge read, and its number.
  private let buffer = EdgeBuffer()
  private var level = false
  private var sequence: UInt32 = 0
  private var lost = 0
  /// The kernel's buffer may have overflowed: ask for the level once it is empty.
  private var mustAsk = false
  private var debouncer: Debouncer?
  private var settling: TimerToken?
  // Stored, because a closure made for each edge would be an allocation for each edge.
  private var onReady: (@LoopActor (Interest) -> Void)?
  private var onSettled: (@LoopActor () -> Void)?

  init(_ settings: LineSettings, chip: String?, consumer: String, loop: EventLoop, owner: KernelLines) {
    self.settings = settings
    self.chip = settings.chip ?? chip
    self.consumer = consumer
    self.loop = loop
    self.owner = owner
    wanted = settings.safeOn
    onReady = { [unowned self] _ in readEdges() }
    onSettled = { [unowned self] in settle() }
  }

  // MARK: Getting and losing the line

  func open() {
    retry = nil
    do {
      let place = try locate()
      let request = try LineRequest.open(
        path: place.path, offset: place.offset, settings.request(output: wanted), consumer: consumer)
      try begin(request)
    } catch {
      fail("\(error)", isTemporary: (error as? GPIOError)?.isTemporary ?? true)
    }
  }

  /// Kernels differ in the names they give lines: the board's own table helps out.
  private func locate() throws(GPIOError) -> (path: String, offset: UInt32) {
    do {
      return try Chip.locate(chip: chip, line: settings.line)
    } catch .noLine where owner.offsets[settings.line] != nil {
      return try Chip.locate(chip: chip, line: String(owner.offsets[settings.line] ?? 0))
    }
  }

  private func begin(_ request: consuming LineRequest) throws {
    let fd = request.fd
    let isActive = try request.isActive()
    self.request = consume request
    if settings.direction == .input {
      guard let onReady else { return }
      watch = try loop.watch(fd, .read, name: "gpio", onReady)
    }
    backoff.reset()
    if trouble != nil { owner.tell("line \(settings.name) is back") }
    trouble = nil
    if settings.direction == .input { start(isActive) }
  }

  private func start(_ isActive: Bool) {
    level = isActive
    sequence = 0
    lost = 0
    mustAsk = false
    if !Library.debounces, settings.debounce > .zero {
      debouncer = Debouncer(period: settings.debounce, isActive: isActive)
    }
    owner.edge(
      LineEdge(line: settings.name, isActive: isActive, at: loop.now, isInitial: true))
  }

  /// Tells it once, gives the line up for now, and tries again later.
  private func fail(_ text: String, isTemporary: Bool) {
    release()
    if trouble != text { owner.tell("line \(settings.name): \(text)") }
    trouble = text
    guard isTemporary else { return }
    retry = loop.after(backoff.next(using: &loop.random), name: "gpio retry") { [unowned self] in open() }
  }

  private func release() {
    for timer in [retry.take(), settling.take()].compactMap({ $0 }) { loop.cancel(timer) }
    if let watch = watch.take() { loop.unwatch(watch) }
    request = nil
    debouncer = nil
  }

  /// An output goes to its safe state; the line is free for others.
  func close() {
    if settings.direction == .output { set(settings.safeOn) }
    release()
    trouble = nil
  }

  // MARK: Outputs and levels

  @discardableResult func set(_ on: Bool) -> Bool {
    wanted = on
    guard settings.direction == .output, request != nil else { return false }
    do {
      try request?.set(on)
      return true
    } catch {
      fail("\(error)", isTemporary: true)
      return false
    }
  }

  var isOn: Bool? { try? request?.isActive() }

  // MARK: Edges

  private func readEdges() {
    do {
      for _ in 0..<Self.batchesPerTurn {
        guard let count = try request?.readEdges(into: buffer) else { return }
        // What an edge sets off may have closed the line.
        for index in 0..<count where watch != nil { take(buffer[index]) }
        if count == EdgeBuffer.capacity {
          mustAsk = true
        } else {
          return mustAsk ? try askLevel() : ()
        }
      }
    } catch {
      fail("\(error)", isTemporary: true)
    }
  }

  private func take(_ edge: EdgeEvent) {
    if let number = edge.sequence {
      let missed = Int(number &- sequence &- 1)
      sequence = number
      if missed > 0 { noteLost(missed) }
    } else if edge.isActive == level {
      // Two edges to the same level: the one between them is missing.
      noteLost(1)
    }
    change(edge.isActive, at: Instant(nanoseconds: edge.timestampNanoseconds))
  }

  private func noteLost(_ count: Int) {
    lost += count
    mustAsk = true
  }

  /// After a loss the last edge read may not be the last that was.
  private func askLevel() throws(GPIOError) {
    mustAsk = false
    guard let now = try request?.isActive(), now != level else { return }
    if lost == 0 { lost = 1 }
    change(now, at: loop.now)
  }

  private func change(_ isActive: Bool, at instant: Instant) {
    level = isActive
    guard debouncer != nil else { return report(isActive, at: instant) }
    if debouncer?.edge(isActive, at: instant) == true { report(isActive, at: instant) }
    schedule()
  }

  private func schedule() {
    if let timer = settling.take() { loop.cancel(timer) }
    guard let deadline = debouncer?.nextDeadline, let onSettled else { return }
    settling = loop.at(deadline, name: "gpio debounce", onSettled)
  }

  private func settle() {
    settling = nil
    let now = loop.now
    if let isActive = debouncer?.settle(at: now) { report(isActive, at: now) }
    schedule()
  }

  private func report(_ isActive: Bool, at instant: Instant) {
    let edge = LineEdge(line: settings.name, isActive: isActive, at: instant, lostBefore: lost)
    if lost > 0 { owner.noteLost(lost, of: settings.name) }
    lost = 0
    owner.edge(edge)
  }
}

extension LineSettings {
  /// What is asked of the kernel.
  func request(output: Bool) -> LineConfiguration {
    LineConfiguration(
      direction == .input ? .input(debounce: debounce) : .output(on: output),
      bias: requestBias, isActiveLow: activeLow)
  }

  private var requestBias: LineBias {
    switch bias {
    case .asIs: .asIs
    case .disabled: .disabled
    case .pullUp: .pullUp
    case .pullDown: .pullDown
    }
  }
}
