// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

extension Engine {
  /// Begins a run, or puts it into the queue of its rule.
  @discardableResult
  mutating func start(
    _ index: Int, _ trigger: String, _ event: JSONObject, _ slots: [String: String], caller: StrandID? = nil,
    isLate: Bool = false
  ) -> UInt64 {
    let mode = rules[index].mode
    if mode == .restart, !isLate { for id in byRule[index] { cancel(id, "begun anew") } }
    let id = takeNumber()
    var slots = slots
    if programs[index].saysMoment {
      let time = zone.civil(at: now.wall.floorDivided(by: 1_000_000_000))
      slots.merge(["time": time.spokenClock, "date": time.spokenDate]) { own, _ in own }
    }
    var run = Run(
      id: id, rule: index, name: rules[index].name, fingerprint: programs[index].fingerprint,
      isDurable: programs[index].isDurable, trigger: trigger, event: event, slots: slots, started: now.wall,
      caller: caller)
    run.strands = [Run.Strand(frames: [Run.Frame(block: 0)])]
    run.isQueued = (mode == .queued || isLate) && !byRule[index].isEmpty
    byRule[index].append(id)
    if run.isDurable { dirty.insert(id) }
    if run.isQueued {
      tell("rule.queued", body(of: run, "trigger", .string(trigger)), isDurable: run.isDurable)
    } else {
      begin(run)
    }
    runs[id] = run
    return id
  }

  private mutating func begin(_ run: Run) {
    if turn.actions.isEmpty { turn.actions.reserveCapacity(4) }
    turn.actions.append(.started(rule: run.name, run: run.id))
    if !run.isRepetition {
      let content = Turn.Fact.Content.started(
        rule: run.name, run: run.id, trigger: run.trigger, event: run.event, caller: run.caller?.run)
      turn.facts.append(Turn.Fact(kind: "rule.started", isDurable: run.isDurable, content: content))
    }
    ready.append(StrandID(run: run.id, strand: 0))
  }

  /// What each row tells of a run, and one thing more.
  private func body(of run: Run, _ key: String? = nil, _ value: JSONValue = .null) -> JSONObject {
    var body = Turn.Fact.body(run.name, run.id)
    if let key { body[key] = value }
    return body
  }

  /// Numbers are reserved a thousand at a time, so that none comes twice after a restart.
  private mutating func takeNumber() -> UInt64 {
    if nextRun >= reserved {
      reserved = nextRun + 1000
      turn.checkpoints.append(
        Turn.Checkpoint(key: "\(Self.keyPrefix)numbers", body: ["next": .integer(Int64(clamping: reserved))]))
    }
    defer { nextRun += 1 }
    return nextRun
  }

  func step(of id: StrandID) -> Step? {
    guard let run = runs[id.run], run.strands.indices.contains(id.strand),
      let frame = run.strands[id.strand].frames.last
    else { return nil }
    return step(frame, of: run)
  }

  private func step(_ frame: Run.Frame, of run: Run) -> Step? {
    let blocks = programs[run.rule].blocks
    guard blocks.indices.contains(frame.block), blocks[frame.block].indices.contains(frame.step) else {
      return nil
    }
    return blocks[frame.block][frame.step]
  }

  // MARK: Going on

  /// Lets every strand that is ready do its steps until it waits.
  mutating func drain() {
    while !ready.isEmpty {
      let id = ready.removeFirst()
      guard var run = runs.removeValue(forKey: id.run) else { continue }
      if run.strands.indices.contains(id.strand), run.strands[id.strand].state == .ready {
        proceed(&run, id.strand)
      }
      if run.isOver { conclude(run) } else { runs[id.run] = run }
    }
  }

  private mutating func proceed(_ run: inout Run, _ strand: Int) {
    while let frame = run.strands[strand].frames.last {
      guard let step = step(frame, of: run) else {
        leave(&run, strand)
        continue
      }
      run.stepsBegun += 1
      if run.stepsBegun > Run.stepsMax {
        run.failure = run.failure ?? "more than \(Run.stepsMax) steps"
        run.isOver = true
        return
      }
      if !begin(step, frame, &run, strand) { return }
    }
    end(&run, strand)
  }

  /// The end of a list of steps: its next round, or the step after it.
  private func leave(_ run: inout Run, _ strand: Int) {
    let depth = run.strands[strand].frames.count
    let frame = run.strands[strand].frames.removeLast()
    guard depth > 1 else { return }
    if frame.rounds > 0, let parent = run.strands[strand].frames.last,
      case .repeat(_, let condition, _)? = step(parent, of: run),
      condition?.holds(in: scope(of: run)) ?? true
    {
      run.strands[strand].frames.append(Run.Frame(block: frame.block, rounds: frame.rounds - 1))
      return
    }
    run.strands[strand].frames[depth - 2].step += 1
  }

  private mutating func end(_ run: inout Run, _ strand: Int) {
    run.strands[strand].state = .ended
    guard let parent = run.strands[strand].parent else {
      run.isOver = true
      return
    }
    run.strands[parent].children -= 1
    // What it has done is not done again because of the others.
    if run.isDurable { dirty.insert(run.id) }
    if run.strands[parent].children == 0 {
      advance(&run, parent)
      ready.append(StrandID(run: run.id, strand: parent))
    }
  }

  /// The step is done; its strand is ready for the next.
  private func advance(_ run: inout Run, _ strand: Int) {
    run.strands[strand].state = .ready
    let last = run.strands[strand].frames.count - 1
    if last >= 0 { run.strands[strand].frames[last].step += 1 }
  }

  /// - Returns: the strand goes on at once.
  private mutating func begin(_ step: Step, _ frame: Run.Frame, _ run: inout Run, _ strand: Int) -> Bool {
    let program = programs[run.rule]
    switch step {
    case .choose(let branches, _):
      let scope = scope(of: run)
      let chosen = branches.firstIndex { $0.condition.holds(in: scope) } ?? branches.count
      run.strands[strand].frames.append(
        Run.Frame(block: program.block(chosen, of: frame.step, in: frame.block)))
      return true
    case .repeat(let times, let condition, _):
      if times < 1 || condition?.holds(in: scope(of: run)) == false {
        advance(&run, strand)
      } else {
        run.strands[strand].frames.append(
          Run.Frame(block: program.block(0, of: frame.step, in: frame.block), rounds: times - 1))
      }
      return true
    case .parallel(let blocks):
      if blocks.isEmpty {
        advance(&run, strand)
        return true
      }
      for index in blocks.indices {
        let block = program.block(index, of: frame.step, in: frame.block)
        run.strands.append(Run.Strand(parent: strand, frames: [Run.Frame(block: block)]))
        ready.append(StrandID(run: run.id, strand: run.strands.count - 1))
      }
      run.strands[strand].children = blocks.count
      wait(.branches, nil, step, &run, strand)
    case .wait(let duration): wait(.time, duration, step, &run, strand)
    case .until(let condition, let timeout):
      if condition.holds(in: scope(of: run)) {
        advance(&run, strand)
        return true
      }
      conditional.insert(StrandID(run: run.id, strand: strand))
      if condition.readsClock { awaitMinute() }
      wait(.condition, timeout, step, &run, strand)
    case .await(let trigger, _, let timeout):
      awaited[trigger, default: []].append(StrandID(run: run.id, strand: strand))
      wait(.trigger, timeout, step, &run, strand)
    case .approve(let approval):
      for trigger in approval.yes + approval.no {
        awaited[trigger, default: []].append(StrandID(run: run.id, strand: strand))
      }
      wait(.approval, approval.timeout, step, &run, strand)
    case .call(let name): return call(name, step, &run, strand)
    case .stop:
      run.isOver = true
      abandonAll(&run)
    default: perform(step, &run, strand)
    }
    return false
  }

  private mutating func wait(
    _ waiting: Run.Waiting, _ length: Duration?, _ step: Step, _ run: inout Run, _ strand: Int
  ) {
    let deadline = length.map { Deadline(after: $0, now) }
    run.strands[strand].state = .waiting(waiting, since: now.wall, deadline)
    if let deadline { heap.add(.strand(StrandID(run: run.id, strand: strand)), at: deadline.instant) }
    guard run.isDurable else { return }
    dirty.insert(run.id)
    if waiting == .branches { return }
    var body = body(of: run, "on", .string(step.summary))
    body["until"] = deadline.map { .integer($0.wall / 1_000_000_000) }
    addTold(to: &body, &run)
    tell("rule.waiting", body, isDurable: true)
  }

  /// What was done since the last row.
  private func addTold(to body: inout JSONObject, _ run: inout Run) {
    if run.told.isEmpty { return }
    body["steps"] = .array(run.told.map { .string($0) })
    run.told = []
  }

  private mutating func call(_ name: String, _ step: Step, _ run: inout Run, _ strand: Int) -> Bool {
    guard let index = rules.firstIndex(where: { $0.name == name }) else {
      fail(&run, strand, step, "there is no automation '\(name)'")
      return run.strands[strand].state == .ready
    }
    if depth(of: run) >= Self.callsMax || runs.count >= Self.runsMax {
      fail(&run, strand, step, "more than \(Self.callsMax) calls within each other, or \(Self.runsMax) runs")
      return run.strands[strand].state == .ready
    }
    let id = StrandID(run: run.id, strand: strand)
    let called = start(index, "call", ["caller": .string(run.name)], run.slots, caller: id)
    wait(.run(called), nil, step, &run, strand)
    return false
  }

  private func depth(of run: Run) -> Int {
    var (depth, caller) = (0, run.caller)
    while let id = caller, depth <= Self.callsMax {
      depth += 1
      caller = runs[id.run]?.caller
    }
    return depth
  }

  private mutating func perform(_ step: Step, _ run: inout Run, _ strand: Int) {
    let filled = step.filled(run.slots, in: scope(of: run))
    let isOnce = step.isOnce
    let deadline = step.limit.map { Deadline(after: $0, now) }
    let id = StepID(run: run.id, strand: strand, number: run.stepsBegun, place: run.place(of: strand))
    run.strands[strand].state = .running(run.stepsBegun, isOnce: isOnce, deadline)
    if let deadline { heap.add(.strand(StrandID(run: run.id, strand: strand)), at: deadline.instant) }
    if run.told.count < Run.toldMax { run.told.append(filled.summary) }
    // So is what came before something that takes time.
    if run.isDurable, deadline != nil { dirty.insert(run.id) }
    if isOnce, run.isDurable {
      dirty.insert(run.id)
      var body = body(of: run, "step", .string(filled.summary))
      addTold(to: &body, &run)
      tell("rule.step", body, isDurable: true)
    }
    var effect = Turn.Effect(step: filled, id: id, rule: run.name, isAfterCommit: dirty.contains(run.id))
    if case .once(let inner) = filled { effect.step = inner }
    turn.actions.append(.perform(effect))
  }

  // MARK: Reports

  mutating func ended(_ id: StepID, _ result: StepResult) {
    let strandID = StrandID(run: id.run, strand: id.strand)
    guard var run = runs[id.run], run.strands.indices.contains(id.strand),
      case .running(id.number, _, _) = run.strands[id.strand].state, let step = step(of: strandID)
    else { return }
    switch result {
    case .done(let value):
      if let name = step.saves {
        save(value, as: name, &run)
      }
      advance(&run, id.strand)
    case .failed(let reason): fail(&run, id.strand, step, reason)
    }
    runs[id.run] = run
    ready.append(strandID)
  }

  private mutating func save(_ value: JSONValue, as name: String, _ run: inout Run) {
    guard run.answers.count < Run.answersMax || run.answers[name] != nil else { return }
    run.answers[name] = value.kept
    if run.isDurable { dirty.insert(run.id) }
  }

  /// A step did not do what it should: the run goes on with the next, or stops.
  mutating func fail(_ run: inout Run, _ strand: Int, _ step: Step, _ reason: String) {
    let text = "\(step.summary): \(reason)"
    run.failure = run.failure ?? text
    guard rules[run.rule].onFailure == .stop else { return advance(&run, strand) }
    run.strands[strand].state = .failed(text)
    if run.isDurable { dirty.insert(run.id) }
    tell("rule.failed", body(of: run, "failure", .string(text)), isDurable: run.isDurable)
    turn.actions.append(.ended(rule: run.name, run: run.id, failure: text))
  }

  /// The strand's wait is over.
  mutating func goOn(_ id: StrandID, saving value: JSONValue? = nil, as name: String? = nil) {
    guard var run = runs[id.run] else { return }
    conditional.remove(id)
    if let value, let name { save(value, as: name, &run) }
    advance(&run, id.strand)
    runs[id.run] = run
    ready.append(id)
  }

  mutating func approve(_ number: UInt64, _ isYes: Bool) {
    guard let run = runs[number] else { return }
    for strand in run.strands.indices {
      guard case .waiting(.approval, _, _) = run.strands[strand].state else { continue }
      decide(StrandID(run: number, strand: strand), isYes)
    }
  }

  /// Without agreement the strand does what the step has for that, and ends.
  mutating func decide(_ id: StrandID, _ isYes: Bool) {
    guard var run = runs[id.run], let frame = run.strands[id.strand].frames.last else { return }
    tell("rule.approval", body(of: run, "approved", .bool(isYes)), isDurable: run.isDurable)
    if isYes { return goOn(id, saving: true, as: nil) }
    let block = programs[run.rule].block(0, of: frame.step, in: frame.block)
    run.failure = run.failure ?? "not approved"
    run.strands[id.strand].frames = [Run.Frame(block: block)]
    run.strands[id.strand].state = .ready
    runs[id.run] = run
    ready.append(id)
  }

  mutating func retry(_ number: UInt64) {
    guard var run = runs[number], run.isStuck else { return }
    run.failure = nil
    for strand in run.strands.indices {
      guard case .failed = run.strands[strand].state else { continue }
      run.strands[strand].state = .ready
      ready.append(StrandID(run: number, strand: strand))
    }
    runs[number] = run
    if run.isDurable { dirty.insert(number) }
    turn.actions.append(.started(rule: run.name, run: number))
    tell("rule.retried", body(of: run), isDurable: run.isDurable)
  }

  // MARK: Ends

  mutating func cancel(_ number: UInt64, _ reason: String) {
    guard var run = runs.removeValue(forKey: number) else { return }
    abandonAll(&run)
    run.failure = run.failure ?? reason
    conclude(run)
  }

  private mutating func abandonAll(_ run: inout Run) {
    for strand in run.strands.indices {
      if case .running(let number, _, _) = run.strands[strand].state,
        let frame = run.strands[strand].frames.last, let step = step(frame, of: run)
      {
        let id = StepID(run: run.id, strand: strand, number: number, place: run.place(of: strand))
        turn.actions.append(.abandon(id, rule: run.name, step))
      }
      if case .waiting(.run(let called), _, _) = run.strands[strand].state {
        cancel(called, "its caller ended")
      }
      conditional.remove(StrandID(run: run.id, strand: strand))
      run.strands[strand].state = .ended
    }
  }

  mutating func conclude(_ run: borrowing Run) {
    if run.isRepetition, run.failure != nil {
      // Its beginning was left out: what has an end in the journal has a beginning there.
      let content = Turn.Fact.Content.started(
        rule: run.name, run: run.id, trigger: run.trigger, event: run.event, caller: nil)
      turn.facts.append(Turn.Fact(kind: "rule.started", isDurable: run.isDurable, content: content))
    }
    if !run.isRepetition || run.failure != nil {
      let content = Turn.Fact.Content.ended(
        rule: run.name, run: run.id, failure: run.failure, steps: run.told)
      turn.facts.append(Turn.Fact(kind: "rule.ended", isDurable: run.isDurable, content: content))
    }
    turn.actions.append(.ended(rule: run.name, run: run.id, failure: run.failure))
    dirty.remove(run.id)
    if run.isStored { turn.checkpoints.append(Turn.Checkpoint(key: run.key, body: nil)) }
    byRule[run.rule].removeAll { $0 == run.id }
    if let caller = run.caller { returned(to: caller, run) }
    if let next = byRule[run.rule].first, var waiting = runs[next], waiting.isQueued {
      waiting.isQueued = false
      if waiting.isDurable { dirty.insert(next) }
      runs[next] = waiting
      begin(waiting)
    }
  }

  private mutating func returned(to id: StrandID, _ called: Run) {
    guard var run = runs[id.run], run.strands.indices.contains(id.strand),
      case .waiting(.run(called.id), _, _) = run.strands[id.strand].state, let step = step(of: id)
    else { return }
    if let failure = called.failure {
      fail(&run, id.strand, step, failure)
      runs[id.run] = run
      ready.append(id)
    } else {
      goOn(id)
    }
  }

  /// What `mtor tasks` shows, the oldest first.
  public func reports(at now: Stamp) -> [RunReport] {
    runs.values.sorted { $0.id < $1.id }.flatMap { run -> [RunReport] in
      if run.isQueued { return [report(run, "queued", "its turn", run.started, nil, now)] }
      return run.strands.indices.compactMap { strand in
        let step = step(of: StrandID(run: run.id, strand: strand))?.summary ?? ""
        switch run.strands[strand].state {
        case .ready: return report(run, "ready", step, run.started, nil, now)
        case .running(_, _, let deadline): return report(run, "running", step, run.started, deadline, now)
        case .waiting(.branches, _, _), .ended: return nil
        case .waiting(_, let since, let deadline): return report(run, "waiting", step, since, deadline, now)
        case .failed(let reason): return report(run, "failed", reason, run.started, nil, now)
        }
      }
    }
  }

  private func report(
    _ run: Run, _ state: String, _ on: String, _ since: Int64, _ deadline: Deadline?, _ now: Stamp
  ) -> RunReport {
    RunReport(
      run: run.id, rule: run.name, state: state, on: on, since: since,
      left: deadline.map { ($0.instant - now.monotonic).nanoseconds }, isDurable: run.isDurable)
  }
}

extension Step {
  /// The name under which its result is kept.
  var saves: String? {
    switch self {
    case .ask(let question): question.save
    case .http(let request): request.save
    case .await(_, let save, _): save
    case .once(let step): step.saves
    default: nil
    }
  }
}

extension JSONValue {
  /// As much of an answer as is kept.
  fileprivate var kept: JSONValue {
    switch self {
    case .string(let text): return .string(text.cut(to: Run.answerBytesMax))
    case .object(let object):
      var kept = JSONObject()
      for (key, value) in object.members.prefix(16) { kept[key.cut(to: 64)] = value.kept }
      return .object(kept)
    case .array(let items): return .array(items.prefix(64).map(\.kept))
    default: return self
    }
  }
}
