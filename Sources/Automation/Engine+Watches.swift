// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// What one entry of `on:` remembers.
struct WatchState: Sendable {
  /// The value counted when it was last told; nil: it is not known yet.
  var counted: Bool?
  var hold: Deadline?
  /// The hold was taken over from before a restart and not yet confirmed by a value.
  var isRestored = false
  /// The hold has ended: nothing more until the value goes back.
  var hasFired = false
  var event = JSONObject()
  var slots: [String: String] = [:]
  /// Of a schedule: the moment until which all was dealt with, and the next; nanoseconds since 1970.
  var last: Int64?
  var next: Int64?
}

extension Engine {
  static func key(_ rule: Rule, _ watch: Int) -> String { "\(keyPrefix)watch/\(rule.name)/\(watch)" }

  // MARK: Values

  mutating func watch(_ place: Place, _ value: JSONValue, isFirst: Bool) {
    let watch = rules[place.rule].watches[place.watch]
    let state = watches[place.rule][place.watch]
    let counts = watch.counts(value, before: state.counted ?? false)
    watches[place.rule][place.watch].counted = counts
    if watch.test == nil {
      if isFirst { return }
      return watch.hold == nil ? fire(place, ["value": value]) : hold(place, ["value": value], [:])
    }
    if !counts { return release(place) }
    if watch.hold == nil {
      if state.counted == false { fire(place, ["value": value]) }
    } else if state.isRestored {
      watches[place.rule][place.watch].isRestored = false
      watches[place.rule][place.watch].event["value"] = value
      if let deadline = state.hold { heap.add(.hold(place), at: deadline.instant) }
    } else if state.hold == nil, !state.hasFired {
      hold(place, ["value": value], [:])
    }
  }

  /// The time of `for:` begins, or begins again.
  mutating func hold(_ place: Place, _ event: JSONObject, _ slots: [String: String]) {
    guard let length = rules[place.rule].watches[place.watch].hold else { return }
    let deadline = Deadline(after: length, now)
    watches[place.rule][place.watch].hold = deadline
    watches[place.rule][place.watch].isRestored = false
    watches[place.rule][place.watch].event = event
    watches[place.rule][place.watch].slots = slots
    heap.add(.hold(place), at: deadline.instant)
    keep(place)
  }

  private mutating func release(_ place: Place) {
    let state = watches[place.rule][place.watch]
    guard state.hold != nil || state.hasFired else { return }
    watches[place.rule][place.watch].hold = nil
    watches[place.rule][place.watch].hasFired = false
    watches[place.rule][place.watch].isRestored = false
    keep(place)
  }

  mutating func holdEnded(_ place: Place) {
    let state = watches[place.rule][place.watch]
    let watch = rules[place.rule].watches[place.watch]
    watches[place.rule][place.watch].hold = nil
    watches[place.rule][place.watch].hasFired = watch.test != nil
    keep(place)
    fire(place, state.event, state.slots)
  }

  /// The state of a watch for after a restart.
  mutating func keep(_ place: Place) {
    let rule = rules[place.rule]
    let state = watches[place.rule][place.watch]
    var body = JSONObject()
    state.hold?.keep(in: &body, "hold")
    if state.hasFired { body["fired"] = true }
    // After the clock was put back a restart must not do again what was done.
    if let last = state.last, rule.missed != .skip || last > now.wall { body["last"] = .integer(last) }
    if state.hold != nil {
      if !state.event.isEmpty { body["event"] = .object(state.event) }
      for (name, value) in state.slots.sorted(by: { $0.key < $1.key }) {
        body["slot.\(name)"] = .string(value)
      }
    }
    if rule.durable == false { return }
    let isEmpty = body.isEmpty
    if !isEmpty { body["watch"] = .string(rule.watches[place.watch].text) }
    let key = Self.key(rule, place.watch)
    turn.checkpoints.append(Turn.Checkpoint(key: key, body: isEmpty ? nil : stored(body)))
  }

  // MARK: Schedules

  /// Sets each schedule's next moment. What was before `last` is done.
  mutating func startSchedules() {
    for place in schedules { reschedule(place) }
  }

  var schedules: [Place] {
    rules.indices.flatMap { rule in
      rules[rule].watches.indices.filter { rules[rule].watches[$0].schedule != nil }
        .map { Place(rule: rule, watch: $0) }
    }
  }

  mutating func reschedule(_ place: Place) {
    guard let schedule = rules[place.rule].watches[place.watch].schedule else { return }
    guard isClockSet || schedule.isInterval else {
      watches[place.rule][place.watch].next = nil
      return
    }
    let known = watches[place.rule][place.watch].last
    let last = known ?? now.wall
    watches[place.rule][place.watch].last = last
    // What passes from now on is missed, when nobody is there.
    if known == nil, rules[place.rule].missed != .skip { keep(place) }
    let next = schedule.next(after: last, in: zone)
    watches[place.rule][place.watch].next = next
    if let next { heap.add(.schedule(place), at: now.instant(of: next)) }
  }

  /// The moments of a schedule that have come.
  mutating func scheduleDue(_ place: Place) {
    guard let schedule = rules[place.rule].watches[place.watch].schedule,
      let first = watches[place.rule][place.watch].next
    else { return }
    if first > now.wall {
      // The clocks do not run quite alike.
      heap.add(.schedule(place), at: Swift.max(now.instant(of: first), now.monotonic + .milliseconds(1)))
      return
    }
    var late: [Int64] = []
    var moment: Int64? = first
    var last = first
    if rules[place.rule].missed == .skip, now.wall - first > Self.onTime.nanoseconds {
      last = now.wall - Self.onTime.nanoseconds
      moment = schedule.next(after: last, in: zone)
    }
    var isDue = false
    var count = 0
    while let at = moment, at <= now.wall {
      if now.wall - at > Self.onTime.nanoseconds { late.append(at) } else { isDue = true }
      if late.count > Self.missedMax { late.removeFirst() }
      last = at
      moment = schedule.next(after: at, in: zone)
      count += 1
      // What lies far back is not counted one by one: on to about as many before now.
      if count == Self.countMax, let next = moment {
        let span = Swift.max(last - first, Self.onTime.nanoseconds * 2)
        if now.wall - next > span { moment = schedule.next(after: now.wall - span, in: zone) }
        count = 0
      }
    }
    watches[place.rule][place.watch].last = last
    watches[place.rule][place.watch].next = moment
    if let moment { heap.add(.schedule(place), at: now.instant(of: moment)) }
    if rules[place.rule].missed != .skip { keep(place) }
    makeUp(place, late)
    if isDue { fire(place, ["time": .integer(last / 1_000_000_000)]) }
  }

  /// Moments looked at in a row.
  private static let countMax = 1000

  /// Before this the clock of the machine has not been set: 2025-01-01.
  private static let clockFloor: Int64 = 1_735_689_600_000_000_000
  var isClockSet: Bool { now.wall >= Self.clockFloor }

  private mutating func makeUp(_ place: Place, _ late: [Int64]) {
    guard let latest = late.last else { return }
    switch rules[place.rule].missed {
    case .skip: return
    case .coalesce:
      fire(
        place, ["time": .integer(latest / 1_000_000_000), "missed": .integer(Int64(late.count))])
    case .run:
      for at in late { fire(place, ["time": .integer(at / 1_000_000_000), "missed": 1], isLate: true) }
    }
  }

  // MARK: Starting

  /// - Parameter isLate: made up for: it waits for its turn, whatever the mode.
  mutating func fire(
    _ place: Place, _ data: JSONObject, _ slots: [String: String] = [:], isLate: Bool = false
  ) {
    let condition = rules[place.rule].watches[place.watch].condition
    let trigger = programs[place.rule].triggers[place.watch]
    var event = data
    event["trigger"] = .string(trigger)
    if !slots.isEmpty {
      for (name, value) in slots.sorted(by: { $0.key < $1.key }) { event[name] = .string(value) }
    }
    if condition != nil || rules[place.rule].condition != nil {
      let scope = scope(event)
      if condition?.holds(in: scope) == false { return }
      if rules[place.rule].condition?.holds(in: scope) == false { return }
    }
    if let refusal = isLate && runs.count < Self.runsMax ? nil : refusal(place.rule) {
      turn.actions.append(.refused(rule: rules[place.rule].name, reason: refusal))
      return
    }
    start(place.rule, trigger, event, slots, isLate: isLate)
  }

  /// Why a rule may not start now; nil: it may.
  private mutating func refusal(_ index: Int) -> String? {
    // What has stopped after a failure keeps nobody waiting.
    let count = byRule[index].count { runs[$0]?.isStuck != true }
    if runs.count >= Self.runsMax, let stuck = runs.values.filter(\.isStuck).map(\.id).min() {
      cancel(stuck, "given up: \(Self.runsMax) runs")
    }
    let max = rules[index].max
    switch rules[index].mode {
    case .single where count > 0: return "it still runs"
    case .queued where count > max: return "\(max) wait already"
    case .parallel where count >= max: return "\(max) run already"
    default: break
    }
    if runs.count >= Self.runsMax { return "\(Self.runsMax) automations run already" }
    if let rate = rules[index].rate {
      starts[index].removeAll { $0.instant <= now.monotonic }
      if starts[index].count >= rate.count { return "more than \(rate.count) starts in \(rate.time.shown)" }
      starts[index].append(Deadline(after: rate.time, now))
      if rules[index].keepsStarts { keepStarts(index) }
    }
    return nil
  }

  static let startsPrefix = "\(keyPrefix)starts/"
  static func startsKey(_ rule: Rule) -> String { "\(startsPrefix)\(rule.name)" }

  mutating func keepStarts(_ index: Int) {
    let body: JSONObject = ["starts": .array(starts[index].map(\.json))]
    turn.checkpoints.append(Turn.Checkpoint(key: Self.startsKey(rules[index]), body: stored(body)))
  }
}
