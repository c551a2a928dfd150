// SPDX-License-Identifier: Apache-2.0

/// Times on the wall that come again: `MIN HOUR DAY MONTH WEEKDAY`, each `*`, `*/n`, a number, a range `a-b`,
/// `a-b/n`, or several with commas; months and weekdays also by their names. `07:30` means every day.
///
/// A day fits when its day of the month and its weekday fit (as in systemd's timers; cron takes either).
/// When clocks are put forward, what the hour lost would have held happens at the change, once. When they
/// are put back, what names its hours happens the first time only; with hours `*` time goes on as ever.
public struct CronPattern: Sendable, Equatable, CustomStringConvertible {
  /// A pattern that does not come in this time never comes: February 29 may be eight years away.
  public static let daysMax: Int64 = 9 * 366

  public let description: String
  private let minutes: UInt64
  private let hours: UInt64
  private let days: UInt64
  private let months: UInt64
  private let weekdays: UInt64
  private let isHourly: Bool

  /// - Throws: `BadPattern`, which says what is wrong.
  public init(_ text: String) throws(BadPattern) {
    description = text
    let parts = text.split(separator: " ").map(String.init)
    if parts.count == 1, let (hour, minute) = Self.clock(parts[0]) {
      (minutes, hours) = (1 << UInt64(minute), 1 << UInt64(hour))
      (days, months, weekdays, isHourly) = (.max, .max, .max, false)
      return
    }
    guard parts.count == 5 else {
      throw BadPattern("'\(text)' is no time. Write 07:30, or five fields: MIN HOUR DAY MONTH WEEKDAY.")
    }
    minutes = try Self.field(parts[0], "minute", 0...59)
    hours = try Self.field(parts[1], "hour", 0...23)
    days = try Self.field(parts[2], "day", 1...31)
    months = try Self.field(parts[3], "month", 1...12, names: CivilTime.months, from: 1)
    let week = try Self.field(parts[4], "weekday", 0...7, names: CivilTime.weekdays, from: 0)
    weekdays = week & 0x80 != 0 ? week | 1 : week
    isHourly = parts[1] == "*"
  }

  public struct BadPattern: Error, Equatable {
    public let text: String
    init(_ text: String) { self.text = text }
  }

  /// The first time after an instant; both in seconds since 1970. Nil: there is none.
  public func next(after seconds: Int64, in zone: TimeZone) -> Int64? {
    let end = seconds + Self.daysMax * 86_400
    var from = (seconds + 60).floorDivided(by: 60) * 60
    var change = zone.change(after: seconds, limit: end - seconds)
    while from <= end {
      // From one change of the clocks to the next the offset is the same.
      let until = min(change ?? .max, end)
      if let found = plain(from: from, until: until, zone) { return found }
      guard let instant = change else { return nil }
      if instant > seconds, isHidden(by: instant, zone) { return instant }
      from = (instant + 59).floorDivided(by: 60) * 60
      change = zone.change(after: instant, limit: end - instant)
    }
    return nil
  }

  /// The first fit before `until`, while the offset does not change.
  private func plain(from start: Int64, until: Int64, _ zone: TimeZone) -> Int64? {
    var at = start
    while at < until {
      let civil = zone.civil(at: at)
      guard fits(day: civil) else {
        at += Int64(86_400 - civil.hour * 3600 - civil.minute * 60 - civil.second)
        continue
      }
      guard hours & 1 << UInt64(civil.hour) != 0 else {
        at += Int64(3600 - civil.minute * 60 - civil.second)
        continue
      }
      if minutes & 1 << UInt64(civil.minute) != 0, isHourly || !isSecondTime(civil, zone) { return at }
      at += 60
    }
    return nil
  }

  private func fits(day civil: CivilTime) -> Bool {
    days & 1 << UInt64(civil.day) != 0 && months & 1 << UInt64(civil.month) != 0
      && weekdays & 1 << UInt64(civil.weekday) != 0
  }

  /// The clock has shown this before: it was put back in between.
  private func isSecondTime(_ civil: CivilTime, _ zone: TimeZone) -> Bool {
    let before = zone.offset(at: civil.seconds - Self.longestChange)
    let earlier = civil.seconds - Int64(before - civil.offset)
    return before > civil.offset && zone.offset(at: earlier) == before
  }

  /// Looking back so far shows whether clocks were just put back.
  private static let longestChange: Int64 = 3 * 3600

  /// A change puts the clocks forward over a minute that fits.
  private func isHidden(by change: Int64, _ zone: TimeZone) -> Bool {
    let (before, after) = (zone.offset(at: change - 1), zone.offset(at: change))
    if isHourly || after <= before || after - before > Int(Self.longestChange) { return false }
    return stride(
      from: change + 59 - (change + 59 + Int64(before)) % 60, to: change + Int64(after - before), by: 60
    )
    .contains { instant in
      let civil = CivilTime(instant, offset: before)
      return fits(day: civil) && hours & 1 << UInt64(civil.hour) != 0
        && minutes & 1 << UInt64(civil.minute) != 0
    }
  }

  // MARK: Reading

  private static func clock(_ text: String) -> (Int, Int)? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0...23).contains(hour), (0...59).contains(minute)
    else { return nil }
    return (hour, minute)
  }

  private static func field(
    _ text: String, _ what: String, _ range: ClosedRange<Int>, names: [String] = [], from: Int = 0
  ) throws(BadPattern) -> UInt64 {
    var bits: UInt64 = 0
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      let step = halves.count == 2 ? Int(halves[1]) : 1
      guard halves.count <= 2, let step, (1...range.upperBound).contains(step),
        let span = span(halves[0], range, names, from, isOpen: halves.count == 2)
      else {
        throw BadPattern(
          "'\(text)' is no \(what). Write *, */n, a number from \(range.lowerBound) to \(range.upperBound), a-b, or several with commas."
        )
      }
      for value in stride(from: span.lowerBound, through: span.upperBound, by: step) {
        bits |= 1 << UInt64(value)
      }
    }
    return bits
  }

  /// - Parameter isOpen: a number alone goes on to the end: `5/10`.
  private static func span(
    _ text: String, _ range: ClosedRange<Int>, _ names: [String], _ from: Int, isOpen: Bool
  ) -> ClosedRange<Int>? {
    func value(_ word: Substring) -> Int? {
      let number = names.firstIndex(of: word.lowercased()).map { $0 + from } ?? Int(word)
      return number.flatMap { range.contains($0) ? $0 : nil }
    }
    if text == "*" { return range.upperBound == 7 ? 0...6 : range }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let low = value(ends[0]) else { return nil }
    if ends.count == 1 { return low...(isOpen ? range.upperBound : low) }
    guard ends.count == 2, let high = value(ends[1]), low <= high else { return nil }
    return low...high
  }
}
