// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Log
import Store

/// A row of the journal for people, and for programs.
enum RowText {
  /// `  123  2026-01-31 12:00:05.250  rule.started  rule=doorbell run=7`
  static func line(_ row: JournalRow) -> String {
    let members = row.members.members.map { "\($0.key)=\(text($0.value))" }.joined(separator: " ")
    return LogEvent.escaped(
      "\(row.seq)".leftPadded(to: 6) + "  \(TimeText.local(row.stamp.wall))  " + row.kind.padded(to: 16)
        + "  \(members)")
  }

  static func json(_ row: JournalRow) -> String {
    (try? JSONText.string(JSONValue.object(row.json))) ?? ""
  }

  /// Strings as they are when they are one word.
  private static func text(_ value: JSONValue) -> String {
    if case .string(let text) = value, !text.isEmpty, !text.contains(where: { " \"\n=".contains($0) }) {
      return text
    }
    return (try? JSONText.string(value)) ?? ""
  }
}

/// What a verification has found, for people and for programs.
enum VerificationText {
  static func lines(_ result: Verification) -> [String] {
    var lines: [String] = []
    if let first = result.first, let last = result.last {
      lines.append("\(result.rows) rows, \(first)…\(last), \(result.heads) heads")
    } else {
      lines.append("the journal is empty")
    }
    for loss in result.losses {
      lines.append("rows \(loss.from)…\(loss.through) were lost: \(loss.reason)")
    }
    if let seq = result.signedThrough, let key = result.signer {
      lines.append("signed through row \(seq) by \(key)")
    } else if result.isGood {
      lines.append("not signed: no key is set up, so who can write the file can also write it anew")
    }
    for fault in result.faults.sorted(by: { $0.seq < $1.seq }) { lines.append("BAD: \(fault)") }
    if result.isGood { lines.append("good: nothing was changed, left out or cut off") }
    return lines
  }

  static func json(_ result: Verification) -> JSONObject {
    var object: JSONObject = [
      "good": .bool(result.isGood), "rows": .integer(Int64(result.rows)),
      "heads": .integer(Int64(result.heads)),
      "faults": .array(
        result.faults.map { ["seq": .integer($0.seq), "text": .string("\($0)")] as JSONValue }),
      "losses": .array(
        result.losses.map {
          ["from": .integer($0.from), "through": .integer($0.through), "reason": .string($0.reason)]
            as JSONValue
        }),
    ]
    object["first"] = result.first.map { .integer($0) }
    object["last"] = result.last.map { .integer($0) }
    object["first_bad"] = result.firstBad.map { .integer($0.seq) }
    object["signed_through"] = result.signedThrough.map { .integer($0) }
    object["signer"] = result.signer.map { .string("\($0)") }
    return object
  }
}

/// Wall time for people.
enum TimeText {
  /// `2026-01-31 12:00:05.250`, local time, of nanoseconds since 1970.
  static func local(_ nanoseconds: Int64) -> String {
    var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 { (seconds, rest) = (seconds - 1, rest + 1_000_000_000) }
    let milliseconds = rest / 1_000_000
    var (time, parts) = (time_t(seconds), tm())
    localtime_r(&time, &parts)
    let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(date) \(clock).\(milliseconds < 100 ? "0" : "")\(two(Int32(milliseconds)))"
  }

  private static func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// `--since`: how long ago, or a local date with or without a time.
enum SinceText {
  private static let units: [(name: String, seconds: Int64)] = [
    ("min", 60), ("s", 1), ("h", 3600), ("d", 86_400),
  ]

  /// Nanoseconds since 1970 have no room for later ones.
  private static let yearsKnown: ClosedRange<Int32> = 1970...2261

  /// Nanoseconds since 1970; nil for anything else.
  static func nanoseconds(_ text: String, now: Int64 = Int64(time(nil))) -> Int64? {
    for unit in units where text.hasSuffix(unit.name) {
      guard let count = Int64(text.dropLast(unit.name.count)), (0...1_000_000).contains(count) else { break }
      return max(0, now - count * unit.seconds) * 1_000_000_000
    }
    let numbers = text.split(whereSeparator: { "- :T".contains($0) }).map { Int32($0) }
    guard numbers.count == 3 || numbers.count == 5 || numbers.count == 6, !numbers.contains(nil) else {
      return nil
    }
    let values = numbers.compactMap { $0 } + [0, 0, 0]
    var parts = tm()
    parts.tm_year = values[0] - 1900
    parts.tm_mon = values[1] - 1
    parts.tm_mday = values[2]
    parts.tm_hour = values[3]
    parts.tm_min = values[4]
    parts.tm_sec = numbers.count == 6 ? values[5] : 0
    parts.tm_isdst = -1
    guard yearsKnown.contains(values[0]), (1...12).contains(values[1]), (1...31).contains(values[2]),
      (0...23).contains(values[3]), (0...59).contains(values[4]), (0...60).contains(parts.tm_sec)
    else { return nil }
    return Int64(mktime(&parts)) * 1_000_000_000
  }
}
