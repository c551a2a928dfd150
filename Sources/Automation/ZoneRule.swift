// SPDX-License-Identifier: Apache-2.0

/// The yearly change of clocks, as POSIX writes it in TZ: `CET-1CEST,M3.5.0,M10.5.0/3`, with the
/// extensions of TZif's footer (hours from -167 to 167).
struct ZoneRule: Sendable, Equatable {
  /// Seconds east of Greenwich.
  private var standard = 0
  private var summer: Summer?

  private struct Summer: Sendable, Equatable {
    var offset: Int
    var begin: Day
    var end: Day
  }

  /// A day of each year and a time on the clock before the change.
  private struct Day: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
      case weekday(month: Int, week: Int, day: Int)
      /// 1…365 without, 0…365 with February 29.
      case julian(Int)
      case zeroBased(Int)
    }
    var kind: Kind
    var time: Int

    /// Seconds since 1970 on the local clock.
    func local(in year: Int) -> Int64 {
      let first = CivilTime.day(year: year, month: 1, day: 1)
      let day: Int64
      switch kind {
      case .julian(let number):
        let march = CivilTime.day(year: year, month: 3, day: 1)
        day = first + Int64(number - 1) + (number >= 60 && march - first == 60 ? 1 : 0)
      case .zeroBased(let number): day = first + Int64(number)
      case .weekday(let month, let week, let weekday):
        let begin = CivilTime.day(year: year, month: month, day: 1)
        let next =
          month == 12
          ? CivilTime.day(year: year + 1, month: 1, day: 1)
          : CivilTime.day(year: year, month: month + 1, day: 1)
        let ahead = (Int64(weekday) - (begin + 4)) - (Int64(weekday) - (begin + 4)).floorDivided(by: 7) * 7
        var found = begin + ahead + Int64(week - 1) * 7
        if found >= next { found -= 7 }
        day = found
      }
      return day * 86_400 + Int64(time)
    }
  }

  /// - Returns: nil for a text that is no such rule.
  init?(_ text: String) {
    var reader = Reader(text: Array(text.utf8))
    guard reader.name(), let west = reader.time(hoursMax: 24) else { return nil }
    standard = -west
    if reader.isAtEnd { return }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if !reader.isAtEnd, !reader.isAt(",") {
      guard let west = reader.time(hoursMax: 24) else { return nil }
      offset = -west
    }
    guard reader.take(","), let begin = reader.day(), reader.take(","), let end = reader.day(), reader.isAtEnd
    else { return nil }
    summer = Summer(offset: offset, begin: begin, end: end)
  }

  func offset(at seconds: Int64) -> Int {
    guard let summer else { return standard }
    let year = CivilTime(seconds, offset: standard).year
    var (offset, latest) = (standard, Int64.min)
    for (instant, next) in changes(around: year, summer) where instant <= seconds && instant > latest {
      (offset, latest) = (next, instant)
    }
    return offset
  }

  func change(after seconds: Int64) -> Int64? {
    guard let summer else { return nil }
    let year = CivilTime(seconds, offset: standard).year
    return changes(around: year, summer).map(\.0).filter { $0 > seconds }.min()
  }

  private func changes(around year: Int, _ summer: Summer) -> [(Int64, Int)] {
    (year - 1...year + 1).flatMap { year in
      [
        (summer.begin.local(in: year) - Int64(standard), summer.offset),
        (summer.end.local(in: year) - Int64(summer.offset), standard),
      ]
    }
  }

  private struct Reader {
    let text: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == text.count }
    func isAt(_ character: Unicode.Scalar) -> Bool {
      index < text.count && text[index] == UInt8(ascii: character)
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      if isAt(character) { index += 1 } else { return false }
      return true
    }

    /// Letters, or anything between `<` and `>`.
    mutating func name() -> Bool {
      let start = index
      if take("<") {
        while !isAtEnd, !isAt(">") { index += 1 }
        return take(">")
      }
      while !isAtEnd, (0x41...0x5A).contains(text[index]) || (0x61...0x7A).contains(text[index]) {
        index += 1
      }
      return index - start >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let start = index
      while !isAtEnd, (0x30...0x39).contains(text[index]), index - start < 4 { index += 1 }
      return Int(String(decoding: text[start..<index], as: UTF8.self)).flatMap {
        range.contains($0) ? $0 : nil
      }
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func time(hoursMax: Int) -> Int? {
      let sign = take("-") ? -1 : 1
      if sign == 1 { _ = take("+") }
      guard let hours = number(0...hoursMax) else { return nil }
      var rest = 0
      for unit in [60, 1] where take(":") {
        guard let part = number(0...59) else { return nil }
        rest += part * unit
      }
      return sign * (hours * 3600 + rest)
    }

    mutating func day() -> Day? {
      guard let kind = kind() else { return nil }
      var time = 7200
      if take("/") {
        guard let own = self.time(hoursMax: 167) else { return nil }
        time = own
      }
      return Day(kind: kind, time: time)
    }

    private mutating func kind() -> Day.Kind? {
      if take("M") {
        guard let month = number(1...12), take("."), let week = number(1...5), take("."),
          let day = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, day: day)
      }
      return take("J") ? number(1...365).map { .julian($0) } : number(0...365).map { .zeroBased($0) }
    }
  }
}
