// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

extension Engine {
  /// Takes over what earlier starts have left, and begins: schedules from now on, what was missed, runs at
  /// the place where they were. Once, when effects can be done.
  public mutating func start(_ checkpoints: [Turn.Checkpoint], at clocks: Stamp) -> Turn {
    now = clocks
    isStarted = true
    var restored: [Run] = []
    for checkpoint in checkpoints {
      guard let body = checkpoint.body else { continue }
      if checkpoint.key == "\(Self.keyPrefix)numbers" {
        nextRun = UInt64(clamping: body["next"]?.integerValue ?? 1)
        reserved = nextRun
      } else if checkpoint.key.hasPrefix(Run.keyPrefix) {
        if let run = restoredRun(checkpoint.key, body) { restored.append(run) }
      } else if checkpoint.key.hasPrefix(Self.startsPrefix) {
        restoreStarts(checkpoint.key, body)
      } else {
        restoreWatch(checkpoint.key, body)
      }
    }
    for run in restored.sorted(by: { $0.id < $1.id }) { takeOver(run) }
    for run in restored.sorted(by: { $0.id < $1.id }) { resume(run.id) }
    for place in schedules { recall(place) }
    startSchedules()
    drain()
    passTime()
    return takeTurn()
  }

  private mutating func restoredRun(_ key: String, _ body: JSONObject) -> Run? {
    let name = body["rule"]?.stringValue ?? ""
    let index = rules.firstIndex { $0.name == name }
    let isSameBoot = body["boot"]?.stringValue == boot
    if let index, let run = Run(body, rule: index, isSameBoot: isSameBoot, now),
      run.fingerprint == programs[index].fingerprint
    {
      // Its deadlines are those of this boot from now on.
      if !isSameBoot { dirty.insert(run.id) }
      return run
    }
    turn.checkpoints.append(Turn.Checkpoint(key: key, body: nil))
    tell(
      "rule.ended",
      [
        "rule": .string(name), "run": .integer(body["id"]?.integerValue ?? 0),
        "failure": .string(index == nil ? "the automation is gone" : "the automation was changed"),
      ], isDurable: true)
    return nil
  }

  private mutating func takeOver(_ run: Run) {
    runs[run.id] = run
    byRule[run.rule].append(run.id)
    nextRun = max(nextRun, run.id + 1)
  }

  /// Interrupted effects are done again, or said to be unknown; waits go on.
  private mutating func resume(_ number: UInt64) {
    guard let run = runs[number], !run.isQueued || byRule[run.rule].first == number else { return }
    if run.isQueued {
      runs[number]?.isQueued = false
      dirty.insert(number)
    }
    for strand in run.strands.indices {
      let id = StrandID(run: number, strand: strand)
      switch run.strands[strand].state {
      case .ended, .failed: continue
      case .ready: ready.append(id)
      case .running(_, let isOnce, _): interrupted(id, isOnce)
      case .waiting(let waiting, _, let deadline): waitAgain(id, waiting, deadline)
      }
    }
  }

  private mutating func interrupted(_ id: StrandID, _ isOnce: Bool) {
    guard var run = runs[id.run], let step = step(of: id) else { return }
    if isOnce {
      tell(
        "rule.unknown",
        [
          "rule": .string(run.name), "run": .integer(Int64(clamping: run.id)), "step": .string(step.summary),
        ], isDurable: true)
      fail(&run, id.strand, step, "interrupted by a restart; whether it was done is not known")
      dirty.insert(id.run)
    } else {
      run.strands[id.strand].state = .ready
    }
    runs[id.run] = run
    ready.append(id)
  }

  private mutating func waitAgain(_ id: StrandID, _ waiting: Run.Waiting, _ deadline: Deadline?) {
    if let deadline { heap.add(.strand(id), at: deadline.instant) }
    switch (waiting, step(of: id)) {
    case (.condition, let step):
      conditional.insert(id)
      if step?.awaitsClock == true { awaitMinute() }
    case (.trigger, .await(let trigger, _, _)?): awaited[trigger, default: []].append(id)
    case (.approval, .approve(let approval)?):
      for trigger in approval.yes + approval.no { awaited[trigger, default: []].append(id) }
    case (.run(let called), _) where runs[called] == nil: goOn(id)
    default: break
    }
  }

  private mutating func restoreWatch(_ key: String, _ body: JSONObject) {
    for (rule, item) in rules.enumerated() {
      for (watch, entry) in item.watches.enumerated() where Self.key(item, watch) == key {
        guard body["watch"]?.stringValue == entry.text else { break }
        let isSameBoot = body["boot"]?.stringValue == boot
        var state = WatchState()
        state.last = body["last"]?.integerValue
        state.hasFired = body["fired"]?.boolValue ?? false
        if entry.hold != nil {
          state.hold = Deadline(in: body, "hold", isSameBoot: isSameBoot, now)
        }
        state.event = body["event"]?.objectValue ?? [:]
        for (name, value) in body.members where name.hasPrefix("slot.") {
          state.slots[String(name.dropFirst(5))] = value.stringValue
        }
        state.isRestored = state.hold != nil && entry.test != nil
        watches[rule][watch] = state
        if let deadline = state.hold, !state.isRestored {
          heap.add(.hold(Place(rule: rule, watch: watch)), at: deadline.instant)
        }
        if state.hold != nil, !isSameBoot { keep(Place(rule: rule, watch: watch)) }
        return
      }
    }
    turn.checkpoints.append(Turn.Checkpoint(key: key, body: nil))
  }

  /// What a schedule has dealt with before this start. Without `missed` that matters only when the clock was
  /// put back since: what passed while nobody was there is left out.
  private mutating func recall(_ place: Place) {
    guard let last = watches[place.rule][place.watch].last else { return }
    if last > now.wall {
      rewind(place, last)
    } else if rules[place.rule].missed == .skip {
      watches[place.rule][place.watch].last = nil
    }
  }

  /// What counted for `at_most` before the restart counts on.
  private mutating func restoreStarts(_ key: String, _ body: JSONObject) {
    guard let index = rules.firstIndex(where: { Self.startsKey($0) == key && $0.keepsStarts }) else {
      turn.checkpoints.append(Turn.Checkpoint(key: key, body: nil))
      return
    }
    let isSameBoot = body["boot"]?.stringValue == boot
    starts[index] = (body["starts"]?.arrayValue ?? []).compactMap {
      Deadline($0, isSameBoot: isSameBoot, now)
    }
    if !isSameBoot { keepStarts(index) }
  }

  /// Other rules from now on, and another time zone. Runs and times of rules that stay as they are go on;
  /// others end here.
  public mutating func replace(_ new: [Rule], zone: TimeZone? = nil, at clocks: Stamp) -> Turn {
    setClocks(clocks)
    if let zone, zone != self.zone { move(to: zone) }
    let old = self
    let places = Dictionary(new.indices.map { (new[$0].name, $0) }) { first, _ in first }
    for id in runs.keys.sorted() {
      guard let run = runs[id] else { continue }
      if let index = places[run.name], new[index] == rules[run.rule] { continue }
      cancel(id, "the configuration was changed")
    }
    ready = []
    rules = new
    programs = new.map(Program.init)
    watches = new.map { rule in
      guard let before = old.rules.firstIndex(of: rule) else { return rule.watches.map { _ in WatchState() } }
      return old.watches[before]
    }
    // A changed rule is not a way around its own limit.
    starts = new.map { rule in
      old.rules.firstIndex { $0.name == rule.name && rule.rate != nil }.map { old.starts[$0] } ?? []
    }
    byRule = new.map { _ in [] }
    for (id, run) in runs.sorted(by: { $0.key < $1.key }) {
      guard let index = places[run.name] else { continue }
      runs[id]?.rule = index
      byRule[index].append(id)
    }
    index()
    heap.removeAll()
    for (id, run) in runs {
      for strand in run.strands.indices {
        guard let deadline = run.deadline(strand) else { continue }
        heap.add(.strand(StrandID(run: id, strand: strand)), at: deadline.instant)
      }
    }
    for rule in watches.indices {
      for watch in watches[rule].indices {
        let state = watches[rule][watch]
        guard let deadline = state.hold, !state.isRestored else { continue }
        heap.add(.hold(Place(rule: rule, watch: watch)), at: deadline.instant)
      }
    }
    clockCheck = nil
    if conditional.contains(where: { step(of: $0)?.awaitsClock == true }) { awaitMinute() }
    if isStarted { startSchedules() }
    for (rule, item) in old.rules.enumerated() where !new.contains(item) {
      for watch in item.watches.indices where old.watches[rule][watch].isKept {
        turn.checkpoints.append(Turn.Checkpoint(key: Self.key(item, watch), body: nil))
      }
    }
    for (rule, item) in old.rules.enumerated() where item.keepsStarts && !old.starts[rule].isEmpty {
      if new.contains(where: { $0.name == item.name && $0.keepsStarts }) { continue }
      turn.checkpoints.append(Turn.Checkpoint(key: Self.startsKey(item), body: nil))
    }
    drain()
    passTime()
    return takeTurn()
  }

  /// Times of day are those of another place from now on; what they were there before has not been missed.
  private mutating func move(to other: TimeZone) {
    zone = other
    for place in schedules {
      guard case .time? = rules[place.rule].watches[place.watch].schedule,
        let last = watches[place.rule][place.watch].last
      else { continue }
      watches[place.rule][place.watch].last = Swift.max(last, now.wall)
    }
  }
}

extension WatchState {
  /// There may be a checkpoint of it.
  fileprivate var isKept: Bool { hold != nil || hasFired || last != nil }
}
