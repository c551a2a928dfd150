// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Time

@testable import Automation

@Suite struct CalendarTests {
  private static let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"
  private static let newYork = "EST5EDT,M3.2.0,M11.1.0"
  private static let lordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"

  private func wall(_ text: String, _ zone: TimeZone) throws -> Int64 {
    try #require(zone.wall(of: text)) / 1_000_000_000
  }

  @Test func datesAreThoseOfTheCalendar() {
    var day: Int64 = -800_000
    while day < 800_000 {
      let date = CivilTime.date(ofDay: day)
      #expect(CivilTime.day(year: date.year, month: date.month, day: date.day) == day)
      day += 997
    }
    #expect(CivilTime(951_782_400, offset: 0).date == "2000-02-29")
    #expect(CivilTime(-1, offset: 0).clock == "23:59" && CivilTime(-1, offset: 0).weekdayName == "wed")
    let spoken = CivilTime(1_795_244_709, offset: 3600)
    #expect(spoken.spokenClock == "8:05" && spoken.spokenDate == "Saturday, November 21")
  }

  /// zoneinfo's files against Python's own reader of them.
  @Test func offsetsAreThoseOfTheZoneFiles() throws {
    var random = Seed.generator()
    let zones = [
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
      "America/Sao_Paulo", "Europe/Dublin", "Pacific/Apia", "UTC", "Asia/Tehran", "Antarctica/Troll",
    ]
    let instants = (0..<400).map { _ in Int64.random(in: 0...4_000_000_000, using: &random) }
    let script = """
      import zoneinfo, datetime, sys
      for z in '\(zones.joined(separator: ","))'.split(','):
        for t in '\(instants.map(String.init).joined(separator: ","))'.split(','):
          there = datetime.datetime.fromtimestamp(int(t), zoneinfo.ZoneInfo(z))
          sys.stdout.write('%d ' % there.utcoffset().total_seconds())
      """
    let wanted = try lines(of: ["python3", "-c", script]).flatMap { $0.split(separator: " ") }
      .compactMap { Int($0) }
    try #require(wanted.count == zones.count * instants.count)
    var index = 0
    for name in zones {
      let zone = try #require(TimeZone(try bytes(of: "/usr/share/zoneinfo/\(name)")), "\(name)")
      for instant in instants {
        #expect(zone.offset(at: instant) == wanted[index], "\(name) at \(instant)")
        index += 1
      }
    }
  }

  @Test func aDamagedZoneFileIsNoneOrStillAZone() throws {
    var random = Seed.generator()
    let good = try bytes(of: "/usr/share/zoneinfo/Europe/Berlin")
    for _ in 0..<3000 {
      var bad = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bad[Int.random(in: bad.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bad.removeLast(Int.random(in: 0..<bad.count, using: &random)) }
      if let zone = TimeZone(bad) { #expect(abs(zone.offset(at: 1_795_000_000)) < 26 * 3600) }
    }
    for rule in ["", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3", "CET-1CEST,M13.1.0,M1.1.0", "CET-99"] {
      #expect(TimeZone(rule: rule) == nil, "\(rule)")
    }
  }

  @Test(arguments: [
    // Every day, through both changes of the clocks.
    ("02:30", "2026-03-28 03:00", ["2026-03-29 03:00", "2026-03-30 02:30"]),
    ("02:30", "2026-10-24 03:00", ["2026-10-25 02:30", "2026-10-26 02:30"]),
    ("03:00", "2026-03-28 03:00", ["2026-03-29 03:00", "2026-03-30 03:00"]),
    ("30 7 * * mon-fri", "2026-11-20 08:00", ["2026-11-23 07:30", "2026-11-24 07:30"]),
    ("*/20 6 1 * *", "2026-11-01 06:20", ["2026-11-01 06:40", "2026-12-01 06:00"]),
    ("0 0 29 feb *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
    ("0 12 * * 7", "2026-11-21 00:00", ["2026-11-22 12:00", "2026-11-29 12:00"]),
    ("15,45 22-23 * dec sun,sat", "2026-12-01 00:00", ["2026-12-05 22:15", "2026-12-05 22:45"]),
    ("5/20 * * * *", "2026-11-21 10:26", ["2026-11-21 10:45", "2026-11-21 11:05"]),
  ])
  func patternsComeWhenTheyAreWritten(text: String, from: String, wanted: [String]) throws {
    let zone = try #require(TimeZone(rule: Self.berlin))
    let pattern = try CronPattern(text)
    var at = try wall(from, zone)
    for time in wanted {
      at = try #require(pattern.next(after: at, in: zone))
      let civil = zone.civil(at: at)
      #expect("\(civil.date) \(civil.clock)" == time)
    }
  }

  @Test func aPatternThatNeverComesIsNoneAndABadOneIsTold() throws {
    let never = try CronPattern("0 0 31 feb *")
    #expect(never.next(after: 1_795_000_000, in: .utc) == nil)
    for text in [
      "", "7", "24:00", "7:5", "* * * *", "60 * * * *", "a * * * *", "5-1 * * * *", "*/0 * * * *",
      "1,,2 * * * *",
    ] {
      #expect(thrown(CronPattern.BadPattern.self) { try CronPattern(text) }?.text.isEmpty == false, "\(text)")
    }
  }

  /// Against a walk through every minute, which asks only what the clock shows.
  @Test(arguments: [berlin, newYork, lordHowe, "UTC0"])
  func patternsComeAsAWalkThroughTheMinutesFinds(rule: String) throws {
    var random = Seed.generator()
    let zone = try #require(TimeZone(rule: rule))
    let starts = [
      "2026-03-07 20:00", "2026-03-28 20:00", "2026-10-24 20:00", "2026-10-31 20:00", "2026-04-04 20:00",
      "2026-10-03 20:00",
    ]
    for _ in 0..<8 {
      let hours = Bool.random(using: &random) ? "*" : "\(Int.random(in: 0...3, using: &random))"
      let text =
        "\(["*", "*/7", "0", "30", "59", "15,45"].randomElement(using: &random) ?? "*") \(hours) * * *"
      let start = try wall(starts.randomElement(using: &random) ?? "", zone)
      let pattern = try CronPattern(text)
      var found: [Int64] = []
      var at = start
      while let next = pattern.next(after: at, in: zone), next < start + 3 * 86_400 {
        found.append(next)
        at = next
      }
      #expect(found == walk(text, from: start, zone), "\(text) in \(rule) from \(start)")
    }
  }

  /// The local minutes of three days that fit, each with the instants that show it: one of several, the
  /// change when there is none.
  private func walk(_ text: String, from start: Int64, _ zone: TimeZone) -> [Int64] {
    let fields = text.split(separator: " ").map(String.init)
    let fits = { (hour: Int, minute: Int) in
      (fields[1] == "*" || Int(fields[1]) == hour) && Self.minutes(fields[0]).contains(minute)
    }
    var shown: [String: [Int64]] = [:]
    for at in stride(from: start - 86_400, to: start + 4 * 86_400, by: 60) {
      let civil = zone.civil(at: at)
      shown["\(civil.date) \(civil.clock)", default: []].append(at)
    }
    var result: Set<Int64> = []
    let first = zone.civil(at: start - 43_200)
    let day = CivilTime.day(year: first.year, month: first.month, day: first.day)
    for minute in 0..<5 * 1440 {
      let local = CivilTime((day * 1440 + Int64(minute)) * 60, offset: 0)
      guard fits(local.hour, local.minute) else { continue }
      if let instants = shown["\(local.date) \(local.clock)"] {
        if fields[1] == "*" { result.formUnion(instants) } else { result.insert(instants[0]) }
      } else if fields[1] != "*" {
        // Skipped: the first instant whose clock shows more.
        let later = stride(from: start - 86_400, to: start + 4 * 86_400, by: 60).first { at in
          let civil = zone.civil(at: at)
          return (civil.date, civil.clock) > (local.date, local.clock)
        }
        if let later, later > start - 86_000 { result.insert(later) }
      }
    }
    return result.filter { $0 > start && $0 < start + 3 * 86_400 }.sorted()
  }

  private static func minutes(_ field: String) -> [Int] {
    switch field {
    case "*": Array(0...59)
    case "*/7": Array(stride(from: 0, through: 59, by: 7))
    default: field.split(separator: ",").compactMap { Int($0) }
    }
  }

  /// Against timeanddate's tables, to two minutes.
  @Test(arguments: [
    (52.52, 13.405, "2026-06-21", "04:43", "21:33"), (52.52, 13.405, "2026-12-21", "08:15", "15:54"),
    (40.71, -74.01, "2026-03-20", "06:59", "19:08"), (-33.87, 151.21, "2026-01-01", "05:48", "20:09"),
  ])
  func theSunRisesAndSets(latitude: Double, longitude: Double, date: String, rise: String, set: String) throws
  {
    let rules = [13.405: Self.berlin, -74.01: Self.newYork, 151.21: "AEST-10AEDT,M10.1.0,M4.1.0/3"]
    let zone = try #require(rules[longitude].flatMap { TimeZone(rule: $0) })
    let sun = Sun(latitude: latitude, longitude: longitude)
    let midnight = try wall("\(date) 00:00", zone)
    for (event, wanted) in [(Sun.Event.sunrise, rise), (.sunset, set)] {
      let time = try #require(sun.next(event, after: midnight))
      let right = try wall("\(date) \(wanted)", zone)
      #expect(abs(time - right) <= 120, "\(event) \(zone.civil(at: time).clock), not \(wanted)")
    }
  }

  @Test func theSunOfTheNorthRisesWhenWinterIsOver() throws {
    let sun = Sun(latitude: 78.22, longitude: 15.65)
    let zone = try #require(TimeZone(rule: Self.berlin))
    let rise = try #require(sun.next(.sunrise, after: try wall("2026-12-01 00:00", zone)))
    #expect(zone.civil(at: rise).date.hasPrefix("2027-02"))
    #expect(Sun(latitude: 90, longitude: 0).next(.sunrise, after: 1_795_000_000) == nil)
  }

  @Test func intervalsAreTheSameAfterARestart() {
    let schedule = Schedule.every(.seconds(900))
    let first = schedule.next(after: 1_795_000_000_123_456_789, in: .utc)
    #expect(first == 1_795_000_500_000_000_000)
    #expect(schedule.next(after: 1_795_000_499_999_999_999, in: .utc) == first)
  }

  private func bytes(of file: String) throws -> [UInt8] {
    let stream = try #require(fopen(file, "r"))
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, stream)])
  }

  private func lines(of command: [String]) throws -> [String] {
    let quoted = command.map { "\"\($0.replacing("\"", with: "\\\""))\"" }.joined(separator: " ")
    let stream = try #require(popen(quoted, "r"))
    defer { pclose(stream) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, stream)
      if count == 0 { break }
      text += buffer[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
