// SPDX-License-Identifier: Apache-2.0
import JSON

/// The functions of expressions. Raw values are their names.
enum ExpressionFunction: String, Sendable, CaseIterable {
  case round, floor, ceil, abs, min, max, number
  case text, lower, upper, trim, length, contains, starts, ends, replace
  case `default`, `if`
  case now, time, date, weekday, hour, minute
  case seconds, minutes, hours, days

  /// How many values it takes.
  var arguments: ClosedRange<Int> {
    switch self {
    case .now, .time, .date, .weekday, .hour, .minute: 0...0
    case .round: 1...2
    case .min, .max: 1...16
    case .contains, .starts, .ends, .default: 2...2
    case .if, .replace: 3...3
    default: 1...1
    }
  }

  var usage: String {
    let range = arguments
    return range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }

  /// Its value changes as time passes.
  var readsClock: Bool {
    switch self {
    case .now, .time, .date, .weekday, .hour, .minute: true
    default: false
    }
  }

  /// For the reference.
  var meaning: String {
    switch self {
    case .round: "nearest number, with so many digits: `round(21.46, 1)` is 21.5"
    case .floor: "next whole number below"
    case .ceil: "next whole number above"
    case .abs: "without its sign"
    case .min: "the least number"
    case .max: "the greatest number"
    case .number: "the number that a text holds, else null"
    case .text: "as a template shows it"
    case .lower: "in small letters"
    case .upper: "in capitals"
    case .trim: "without white space at both ends"
    case .length: "characters of a text, items of a list, members of an object"
    case .contains: "the first holds the second: a text, a list, an object"
    case .starts: "a text begins with another"
    case .ends: "a text ends with another"
    case .replace: "a text with each second replaced by the third"
    case .default: "the first, or the second where that is null or an empty text"
    case .if: "the second when the first holds, else the third"
    case .now: "seconds since 1970"
    case .time: "local time, `\"07:30\"`"
    case .date: "local date, `\"2026-11-21\"`"
    case .weekday: "`\"mon\"` … `\"sun\"`"
    case .hour: "0 … 23"
    case .minute: "0 … 59"
    case .seconds: "the same number, for reading"
    case .minutes: "× 60"
    case .hours: "× 3600"
    case .days: "× 86400"
    }
  }

  func apply(_ values: [JSONValue], _ time: CivilTime) -> JSONValue {
    switch self {
    case .round: Self.round(values)
    case .floor: Self.whole(values[0]) { $0.rounded(.down) }
    case .ceil: Self.whole(values[0]) { $0.rounded(.up) }
    case .abs: values[0].order(0) == -1 ? JSONValue.minus(0, values[0]) : Self.numeric(values[0])
    case .min: Self.extreme(values, -1)
    case .max: Self.extreme(values, 1)
    case .number: Self.number(values[0])
    case .text: .string(values[0].shown)
    case .lower: .string(values[0].shown.lowercased())
    case .upper: .string(values[0].shown.uppercased())
    case .trim: .string(Self.trimmed(values[0].shown))
    case .length: Self.length(values[0])
    case .contains: .bool(values[0].holds(values[1]))
    case .starts: .bool(values[0].shown.hasPrefix(values[1].shown))
    case .ends: .bool(values[0].shown.hasSuffix(values[1].shown))
    case .replace: Self.replace(values[0].shown, values[1].shown, values[2].shown)
    case .default: values[0].isNull || values[0] == "" ? values[1] : values[0]
    case .if: values[0].isTrue ? values[1] : values[2]
    case .now: .integer(time.seconds)
    case .time: .string(time.clock)
    case .date: .string(time.date)
    case .weekday: .string(time.weekdayName)
    case .hour: .integer(Int64(time.hour))
    case .minute: .integer(Int64(time.minute))
    case .seconds: Self.numeric(values[0])
    case .minutes: ExpressionOperator.times.apply(values[0], 60)
    case .hours: ExpressionOperator.times.apply(values[0], 3600)
    case .days: ExpressionOperator.times.apply(values[0], 86_400)
    }
  }

  private static func numeric(_ value: JSONValue) -> JSONValue { value.numberValue == nil ? .null : value }

  /// Whole when it fits.
  private static func whole(_ value: JSONValue, _ body: (Double) -> Double) -> JSONValue {
    guard let number = value.numberValue else { return .null }
    if case .integer = value { return value }
    let result = body(number)
    return Int64(exactly: result).map { .integer($0) } ?? JSONValue.finite(result)
  }

  private static func round(_ values: [JSONValue]) -> JSONValue {
    let digits = Swift.max(0, Swift.min(9, values.count > 1 ? values[1].integerValue ?? 0 : 0))
    if digits == 0 { return whole(values[0]) { $0.rounded() } }
    guard let number = values[0].numberValue else { return .null }
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    return JSONValue.finite((number * scale).rounded() / scale)
  }

  private static func extreme(_ values: [JSONValue], _ wanted: Int) -> JSONValue {
    if values.contains(where: { $0.numberValue == nil }) { return .null }
    return values.dropFirst().reduce(values[0]) { $1.order($0) == wanted ? $1 : $0 }
  }

  private static func number(_ value: JSONValue) -> JSONValue {
    guard case .string(let text) = value else { return numeric(value) }
    let trimmed = trimmed(text)
    return Int64(trimmed).map { .integer($0) } ?? Double(trimmed).map(JSONValue.finite) ?? .null
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func length(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .integer(Int64(text.count))
    case .array(let items): .integer(Int64(items.count))
    case .object(let object): .integer(Int64(object.count))
    default: .null
    }
  }

  /// Stops when the result is as long as it may be.
  private static func replace(_ text: String, _ old: String, _ new: String) -> JSONValue {
    if old.isEmpty { return .string(text) }
    var result = ""
    var rest = text[...]
    while let found = rest.place(of: old), result.utf8.count <= Expression.textBytesMax {
      result += rest[..<found.lowerBound]
      result += new
      rest = rest[found.upperBound...]
    }
    return .string(result + rest)
  }
}

extension Expression {
  /// The functions and what they give, for the reference.
  public static let functions: [(name: String, meaning: String)] =
    ExpressionFunction.allCases.map { ($0.rawValue, $0.meaning) }
}
