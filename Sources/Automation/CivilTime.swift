// SPDX-License-Identifier: Apache-2.0

/// A moment as a calendar and a clock on the wall show it.
public struct CivilTime: Sendable, Equatable {
  public var year: Int
  /// 1…12, 1…31.
  public var month: Int
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int
  /// 0 is Sunday.
  public var weekday: Int
  /// Since 1970, UTC.
  public var seconds: Int64
  /// Of the clock on the wall against UTC, in seconds; east is positive.
  public var offset: Int

  /// - Parameters:
  ///   - seconds: since 1970, UTC.
  ///   - offset: seconds east of Greenwich.
  public init(_ seconds: Int64, offset: Int) {
    let local = seconds + Int64(offset)
    let days = local.floorDivided(by: 86_400)
    let rest = Int(local - days * 86_400)
    (year, month, day) = Self.date(ofDay: days)
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    weekday = Int((days + 4) - (days + 4).floorDivided(by: 7) * 7)
    self.seconds = seconds
    self.offset = offset
  }

  /// `07:30`
  public var clock: String { "\(Self.two(hour)):\(Self.two(minute))" }
  /// `2026-11-21`
  public var date: String { "\(year)-\(Self.two(month))-\(Self.two(day))" }
  public var weekdayName: String { Self.weekdays[weekday] }

  /// As it is said: `9:05`; `Saturday, November 21`.
  public var spokenClock: String { "\(hour):\(Self.two(minute))" }
  public var spokenDate: String { "\(Self.weekdayNames[weekday]), \(Self.monthNames[month - 1]) \(day)" }

  private static let weekdayNames = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]

  static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
  static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// Days since 1970 of a Gregorian date (Howard Hinnant's `days_from_civil`).
  static func day(year: Int, month: Int, day: Int) -> Int64 {
    let shifted = Int64(month <= 2 ? year - 1 : year)
    let era = shifted.floorDivided(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The other way round (`civil_from_days`).
  static func date(ofDay days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let number = Int(month < 10 ? month + 3 : month - 9)
    let year = Int(yearOfEra + era * 400) + (number <= 2 ? 1 : 0)
    return (year, number, Int(dayOfYear - (153 * month + 2) / 5) + 1)
  }
}

extension Int64 {
  /// Rounded down, also below zero.
  func floorDivided(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
