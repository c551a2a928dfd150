// SPDX-License-Identifier: Apache-2.0

/// Two runs side by side. What has a baseline is compared by its ratio to it, since the machine may have
/// been busier in one run than in the other; the rest by its value.
struct Comparison {
  let before: Measured
  let after: Measured

  var text: String {
    let names = before.names + after.names.filter { !before.names.contains($0) }
    let rows = names.filter { $0 != "machine.load" }.map { row($0) }
    return ([Self.line("case", "", "before", "after", "change", "95 % intervals")] + rows).joined()
  }

  private func row(_ name: String) -> String {
    let hasRatio = (before.number(name, "ratio") ?? after.number(name, "ratio")) != nil
    let field = hasRatio ? "ratio" : "value"
    let unit = field == "ratio" ? "×" : after.unit(name)
    let (old, new) = (before.number(name, field), after.number(name, field))
    guard let old, let new else {
      return Self.line(
        name, unit, old.map(Self.text) ?? "-", new.map(Self.text) ?? "-", "", "in one run only")
    }
    let change = old == 0 ? (new == 0 ? "0 %" : "") : "\(format((new / old - 1) * 100, decimals: 1)) %"
    return Self.line(name, unit, Self.text(old), Self.text(new), change, verdict(name))
  }

  private func verdict(_ name: String) -> String {
    guard let (oldLow, oldHigh) = interval(before, name), let (newLow, newHigh) = interval(after, name) else {
      return ""
    }
    if oldHigh < newLow { return "apart: higher" }
    return newHigh < oldLow ? "apart: lower" : "overlap"
  }

  private func interval(_ measured: Measured, _ name: String) -> (Double, Double)? {
    guard let low = measured.number(name, "low"), let high = measured.number(name, "high") else { return nil }
    return (low, high)
  }

  private static func text(_ value: Double) -> String {
    format(value, decimals: abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 3)
  }

  private static func line(
    _ name: String, _ unit: String, _ before: String, _ after: String, _ change: String, _ verdict: String
  ) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let left = name + String(repeating: " ", count: max(1, 36 - name.count))
    let line =
      left + right(unit, 6) + right(before, 10) + right(after, 10) + right(change, 10) + "  " + verdict
    return line.trimmed + "\n"
  }
}

extension String {
  fileprivate var trimmed: String {
    String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
  }
}
