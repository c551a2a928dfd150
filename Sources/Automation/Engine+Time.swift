// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

extension Engine {
  /// Takes over the time; a wall clock that jumped moves the schedules with it.
  mutating func setClocks(_ clocks: Stamp) {
    let jump = clocks.difference &- now.difference
    now = clocks
    if isStarted, jump.magnitude > UInt64(Self.jumpMin) { jumped(by: jump) }
  }

  private mutating func jumped(by jump: Int64) {
    tell("clock.jumped", ["ms": .integer(jump / 1_000_000)], isDurable: false)
    for place in schedules {
      if let last = watches[place.rule][place.watch].last, last > now.wall { rewind(place, last) }
      reschedule(place)
    }
    settle()
    if clockCheck != nil { checkClock() }
  }

  /// The clock went back. What has been done is not done again, unless the clock was wrong before: by more
  /// than `rewindMax`, or than an interval is long.
  mutating func rewind(_ place: Place, _ last: Int64) {
    defer { keep(place) }
    // A clock that was lost says nothing about before.
    if !isClockSet { return }
    if rules[place.rule].watches[place.watch].schedule?.isInterval == true {
      watches[place.rule][place.watch].last = now.wall
    } else if last - now.wall > Self.rewindMax.nanoseconds {
      watches[place.rule][place.watch].last = now.wall
    }
  }

  /// The farthest that a clock that was right is put back.
  public static let rewindMax: Duration = .seconds(26 * 3600)

  /// Waits that were restored before the clock was set know now how long they have waited.
  private mutating func settle() {
    for (id, var run) in runs {
      for strand in run.strands.indices {
        guard case .waiting(let waiting, let since, var deadline?) = run.strands[strand].state,
          deadline.isProvisional
        else { continue }
        deadline.settle(now)
        run.strands[strand].state = .waiting(waiting, since: since, deadline)
        heap.add(.strand(StrandID(run: id, strand: strand)), at: deadline.instant)
        if run.isDurable { dirty.insert(id) }
      }
      runs[id] = run
    }
    for rule in watches.indices {
      for watch in watches[rule].indices {
        guard var deadline = watches[rule][watch].hold, deadline.isProvisional else { continue }
        deadline.settle(now)
        watches[rule][watch].hold = deadline
        if !watches[rule][watch].isRestored {
          heap.add(.hold(Place(rule: rule, watch: watch)), at: deadline.instant)
        }
        keep(Place(rule: rule, watch: watch))
      }
    }
  }

  /// Does what is due.
  mutating func passTime() {
    while let (at, key) = heap.first, isGone(key, at) || at <= now.monotonic {
      heap.removeFirst()
      if isGone(key, at) { continue }
      switch key {
      case .strand(let id): strandDue(id)
      case .hold(let place): holdEnded(place)
      case .schedule(let place): scheduleDue(place)
      case .clock: checkClock()
      }
      drain()
    }
  }

  // MARK: Conditions on the time

  /// A condition that reads the clock is asked at each full minute while somebody waits for it.
  mutating func awaitMinute() {
    if clockCheck != nil { return }
    let minute: Int64 = 60_000_000_000
    let next = now.instant(of: (now.wall.floorDivided(by: minute) + 1) * minute)
    clockCheck = next
    heap.add(.clock, at: next)
  }

  private mutating func checkClock() {
    clockCheck = nil
    checkConditions()
    if conditional.contains(where: { step(of: $0)?.awaitsClock == true }) { awaitMinute() }
  }

  // MARK: Deadlines

  /// What the entry stood for has another time now, or none.
  private func isGone(_ key: DeadlineKey, _ at: Instant) -> Bool {
    switch key {
    case .strand(let id):
      guard let run = runs[id.run], run.strands.indices.contains(id.strand) else { return true }
      return run.deadline(id.strand)?.instant != at
    case .hold(let place):
      let state = watches[place.rule][place.watch]
      return state.hold?.instant != at || state.isRestored
    case .schedule(let place):
      guard let next = watches[place.rule][place.watch].next else { return true }
      let due = now.instant(of: next)
      let off = due > at ? due - at : at - due
      // Another entry stands for a time that is farther off.
      return off.nanoseconds > Self.jumpMin && due > now.monotonic
    case .clock: return clockCheck != at
    }
  }

  private mutating func strandDue(_ id: StrandID) {
    guard var run = runs[id.run], let step = step(of: id) else { return }
    switch run.strands[id.strand].state {
    case .running(let number, _, _):
      let stepID = StepID(
        run: id.run, strand: id.strand, number: number, place: run.place(of: id.strand))
      turn.actions.append(.abandon(stepID, rule: run.name, step))
      fail(&run, id.strand, step, "it took too long")
      runs[id.run] = run
      ready.append(id)
    case .waiting(.approval, _, _): decide(id, false)
    case .waiting: goOn(id)
    default: break
    }
  }
}
