// SPDX-License-Identifier: Apache-2.0
import Spelling

/// A quantity's units; the first is suggested when none is written.
struct UnitTable: Sendable {
  var noun: String
  var units: [(name: String, factor: Double)]

  static let duration = UnitTable(
    noun: "duration",
    units: [("ms", 1e6), ("s", 1e9), ("min", 60e9), ("h", 3600e9), ("us", 1e3)])
  static let size = UnitTable(
    noun: "size",
    units: [("MiB", 1_048_576), ("KiB", 1024), ("GiB", 1_073_741_824), ("B", 1)])
  static let frequency = UnitTable(noun: "frequency", units: [("Hz", 1), ("kHz", 1000)])
  static let percent = UnitTable(noun: "percentage", units: [("%", 1)])
  static let level = UnitTable(noun: "level", units: [("dB", 1)])

  /// A number and its unit, in base units (nanoseconds, bytes, Hz, percent, dB).
  func parse(_ text: String) -> Result<Double, BadText> {
    let digits = text.prefix { "+-.0123456789".contains($0) }
    guard let number = Double(String(digits)), number.isFinite else {
      return .failure(
        BadText(text: "\(quoted(text)) is not a \(noun). Write a number and its unit, e.g. '\(sample)'."))
    }
    let unit = text[digits.endIndex...].drop { $0 == " " }
    if unit.isEmpty {
      return .failure(BadText(text: "\(quoted(text)) has no unit. Did you mean '\(digits)\(units[0].name)'?"))
    }
    guard let factor = units.first(where: { $0.name == unit })?.factor else {
      let known = units.map(\.name).joined(separator: ", ")
      return .failure(BadText(text: "\(quoted(text)): unknown unit '\(unit)'. Allowed: \(known)."))
    }
    return .success(number * factor)
  }

  /// In the largest unit that needs no fraction.
  func show(_ value: Double) -> String {
    let descending = units.sorted { $0.factor > $1.factor }
    let unit =
      value == 0
      ? units[0] : descending.first { (value / $0.factor).rounded() == value / $0.factor } ?? descending.last
    guard let unit else { return "\(value)" }
    let amount = value / unit.factor
    return (amount.rounded() == amount ? "\(Int(amount))" : "\(amount)") + unit.name
  }

  private var sample: String { "20\(units[0].name)" }
}

extension ValueType {
  private static func quantity(
    _ table: UnitTable, _ range: ClosedRange<Double>, from: @escaping @Sendable (Double) -> Value,
    to: @escaping @Sendable (Value) -> Double
  ) -> ValueType {
    let limits = "\(table.show(range.lowerBound))…\(table.show(range.upperBound))"
    return .scalar(
      "\(table.noun), \(limits)",
      parse: { text in
        table.parse(text).flatMap { value in
          range.contains(value)
            ? .success(from(value))
            : .failure(BadText(text: "\(quoted(text)) is out of range. Allowed: \(limits)."))
        }
      },
      show: { table.show(to($0)) })
  }
}

extension ValueType<Duration> {
  static func duration(_ range: ClosedRange<Duration>) -> ValueType {
    quantity(
      .duration, Double(range.lowerBound.nanoseconds)...Double(range.upperBound.nanoseconds),
      from: { Duration(nanoseconds: Int64($0.rounded())) }, to: { Double($0.nanoseconds) })
  }
}

extension ValueType<Int> {
  static func size(_ range: ClosedRange<Int>) -> ValueType { whole(.size, range) }
  static func frequency(_ range: ClosedRange<Int>) -> ValueType { whole(.frequency, range) }
  static func percent(_ range: ClosedRange<Int> = 0...100) -> ValueType { whole(.percent, range) }
  static func level(_ range: ClosedRange<Int>) -> ValueType { whole(.level, range) }

  private static func whole(_ table: UnitTable, _ range: ClosedRange<Int>) -> ValueType {
    quantity(
      table, Double(range.lowerBound)...Double(range.upperBound), from: { Int($0.rounded()) },
      to: { Double($0) })
  }

  /// A plain whole number: a count, not a quantity.
  static func count(_ range: ClosedRange<Int>) -> ValueType {
    let limits = "\(range.lowerBound)…\(range.upperBound)"
    return .scalar(
      "whole number, \(limits)",
      parse: { text in
        guard let value = Int(text) else {
          return .failure(BadText(text: "\(quoted(text)) is not a whole number. Allowed: \(limits)."))
        }
        return range.contains(value)
          ? .success(value)
          : .failure(BadText(text: "\(quoted(text)) is out of range. Allowed: \(limits)."))
      },
      show: { "\($0)" })
  }
}

extension ValueType<Double> {
  static func number(_ range: ClosedRange<Double>) -> ValueType {
    let limits = "\(NumberText.show(range.lowerBound))…\(NumberText.show(range.upperBound))"
    return .scalar(
      "number, \(limits)",
      parse: { text in
        guard let value = Double(text), value.isFinite else {
          return .failure(BadText(text: "\(quoted(text)) is not a number. Allowed: \(limits)."))
        }
        return range.contains(value)
          ? .success(value)
          : .failure(BadText(text: "\(quoted(text)) is out of range. Allowed: \(limits)."))
      },
      show: NumberText.show)
  }
}

enum NumberText {
  /// Without the `.0` of whole numbers.
  @Sendable static func show(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

/// An offending text in quotes, cut at 60 characters and without control characters.
func quoted(_ text: String) -> String {
  "'\(String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }).excerpt())'"
}
