// SPDX-License-Identifier: Apache-2.0

/// What a case has found. With a baseline the goal is for the ratio, else for the value; both are
/// upper limits.
struct Figure: Sendable {
  var name: String
  var unit: String
  var value: Double
  var baseline: Double?
  var baselineName: String?
  var ratio: Double?
  /// 95 % interval of the ratio, or of the value where there is no baseline.
  var interval: ClosedRange<Double>?
  var goal: Double?
  /// Of one operation, ours and the baseline's.
  var cost: Cost?
  var baselineCost: Cost?

  var meets: Bool? { goal.map { (ratio ?? value) <= $0 } }

  /// One line of build/bench.jsonl.
  var json: String {
    let fields =
      [
        "\"name\":\"\(name)\"", "\"unit\":\"\(unit)\"", "\"value\":\(Self.number(value))",
        "\"baseline\":\(Self.number(baseline))", "\"ratio\":\(Self.number(ratio))",
        "\"low\":\(Self.number(interval?.lowerBound))", "\"high\":\(Self.number(interval?.upperBound))",
        "\"goal\":\(Self.number(goal))", "\"meets\":\(meets.map { "\($0)" } ?? "null")",
      ] + Self.fields(cost, "") + Self.fields(baselineCost, "baseline_")
    return "{\(fields.joined(separator: ","))}"
  }

  private static func fields(_ cost: Cost?, _ prefix: String) -> [String] {
    guard let cost else { return [] }
    return [
      "\"\(prefix)allocations\":\(number(cost.allocations))", "\"\(prefix)wakeups\":\(number(cost.wakeUps))",
      "\"\(prefix)preemptions\":\(number(cost.preemptions))",
    ]
  }

  private static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "null" }
    return format(value, decimals: 4)
  }
}
