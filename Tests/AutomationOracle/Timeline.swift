// SPDX-License-Identifier: Apache-2.0
import Automation
import Time

/// What the wall clock shows while a program runs, and what that makes of waits and of rules that go by it:
/// the promises of docs/automations.md, once more.
struct Timeline {
  /// Milliseconds since 1970 at the beginning: 40 s after a full minute, so that no moment of the clock is
  /// also one of the program.
  static let origin = 1_795_000_000_000

  /// From `at` on.
  struct Span {
    var at: Int
    var clock: RandomProgram.Clock

    var wall: Int { Timeline.origin + at + clock.ahead }
    /// A clock before 2025 has not been set.
    var isSet: Bool { wall >= 1_735_689_600_000 }
  }

  /// The first begins with the program.
  let spans: [Span]

  init(_ moments: some Collection<RandomProgram.Moment>) {
    let first = Span(at: 0, clock: RandomProgram.Clock(ahead: 0, isReboot: true))
    spans =
      [first]
      + moments.compactMap { moment in
        guard case .clock(let clock) = moment.kind else { return nil }
        return Span(at: moment.at, clock: clock)
      }
  }

  /// Waits go by the monotonic clock. Over a reboot they go by the wall clock and get no longer; a clock that
  /// is before the wait's beginning then decides nothing yet.
  func end(ofWaitFrom start: Int, _ length: Int) -> Int {
    let ahead = spans.last { $0.at <= start }?.clock.ahead ?? 0
    let wallEnd = Self.origin + start + ahead + length
    var end = start + length
    var isOpen = false
    for span in spans where span.at > start && (span.clock.isReboot || isOpen) {
      if span.at >= end { break }
      let left = wallEnd - span.wall
      isOpen = left > length
      end = span.at + max(0, min(left, length))
    }
    return end
  }
}

/// What a clock may be set to.
enum Jump: CaseIterable {
  case right, hourOn, hourBack, yearOn, yearBack, lost, beforeSummer, beforeWinter

  /// Milliseconds ahead of the right time: whole minutes.
  func ahead(at now: Int) -> Int {
    switch self {
    case .right: 0
    case .hourOn: 3_600_000
    case .hourBack: -3_600_000
    case .yearOn: 365 * 86_400_000
    case .yearBack: -365 * 86_400_000
    case .lost: Self.minutes(0 - Timeline.origin - now)
    // The clocks of the zone change an hour after, in 2026.
    case .beforeSummer: Self.minutes(1_774_742_400_000 - Timeline.origin - now)
    case .beforeWinter: Self.minutes(1_792_886_400_000 - Timeline.origin - now)
    }
  }

  private static func minutes(_ milliseconds: Int) -> Int { milliseconds / 60_000 * 60_000 }
}

/// A schedule of a program.
struct ClockPlan: Sendable {
  let schedule: Schedule
  /// The longest from one of its moments to the next, in milliseconds.
  let longest: Int

  static let all: [ClockPlan] = [
    time("*/15 * * * *", hours: 1), time("0 * * * *", hours: 1), time("*/20 1-4 * * *", hours: 24),
    time("30 2 * * *", hours: 25), time("0 3 * * *", hours: 25), every(900), every(3600),
  ].compactMap { $0 }

  private static func time(_ text: String, hours: Int) -> ClockPlan? {
    (try? CronPattern(text)).map { ClockPlan(schedule: .time($0), longest: hours * 3_600_000) }
  }

  private static func every(_ seconds: Int) -> ClockPlan? {
    ClockPlan(schedule: .every(.seconds(seconds)), longest: seconds * 1000)
  }

  private static let onTime = 60_000
  private static let missedMax = 100
  private static let rewindMax = 26 * 3_600_000

  private var isInterval: Bool { if case .every = schedule { true } else { false } }

  /// When a rule that goes by the clock starts.
  func triggers(_ timeline: Timeline, missed: Rule.Missed, until end: Int) -> [Int] {
    var triggers: [Int] = []
    // All up to here was dealt with; what of that a rule without `missed` still knows after a reboot.
    var (done, kept): (Int?, Int?) = (nil, nil)
    for (index, span) in timeline.spans.enumerated() {
      if span.clock.isReboot, missed == .skip { done = kept.flatMap { $0 > span.wall ? $0 : nil } }
      if let last = done, last > span.wall {
        if span.isSet, isInterval || last - span.wall > Self.rewindMax { done = span.wall }
        kept = done.flatMap { $0 > span.wall ? $0 : nil }
      }
      // A time of day waits for a clock that is right.
      guard span.isSet || isInterval else { continue }
      var last = done ?? span.wall
      let passed = passed(after: last, through: span.wall)
      let late = passed.filter { span.wall - $0 > Self.onTime }
      if !late.isEmpty, missed != .skip {
        let count = missed == .run ? min(late.count, Self.missedMax) : 1
        triggers += [Int](repeating: span.at, count: count)
      }
      if late.count < passed.count { triggers.append(span.at) }
      if let latest = passed.last {
        last = late.count == passed.count && missed == .skip ? span.wall - Self.onTime : latest
      }
      let next = timeline.spans.indices.contains(index + 1) ? timeline.spans[index + 1].at : .max
      while let moment = self.next(after: last) {
        let at = span.at + moment - span.wall
        if at > min(next, end) { break }
        triggers.append(at)
        last = moment
      }
      done = last
    }
    return triggers
  }

  /// Its moments between two times; of very many the last ones.
  private func passed(after start: Int, through end: Int) -> [Int] {
    var at = max(start, end - (Self.missedMax + 2) * longest)
    var moments: [Int] = []
    while let moment = next(after: at), moment <= end {
      moments.append(moment)
      at = moment
    }
    return moments
  }

  private func next(after wall: Int) -> Int? {
    schedule.next(after: Int64(wall) * 1_000_000, in: RandomProgram.zone).map { Int($0 / 1_000_000) }
  }
}
