// SPDX-License-Identifier: Apache-2.0
import Loop

/// Why something could not be measured.
struct Failure: Error, CustomStringConvertible {
  let what: String
  var description: String { what }
}

/// One thing to measure. To add one, put a value into a table like `loopCases`.
struct Case: Sendable {
  let name: String
  let run: @Sendable @LoopActor (Options) async throws -> [Figure]

  /// One round of a measurement: its figure, in the case's unit.
  typealias Round = @Sendable @LoopActor () async throws -> Double

  /// Ours against a baseline, in turns A B A B…, judged by the ratio.
  ///
  /// - Parameter operations: what is done in one round; costs are told for each.
  static func compare(
    _ name: String, _ unit: String, goal: Double? = nil, to baselineName: String, operations: Int = 1,
    ours: @escaping Round, baseline: @escaping Round
  ) -> Case {
    Case(name: name) { options in
      var pairs: [(Double, Double)] = []
      var costs = (ours: Cost(), baseline: Cost())
      _ = (try await ours(), try await baseline())
      for _ in 0..<options.rounds {
        pairs.append((try await costs.ours.measure(ours), try await costs.baseline.measure(baseline)))
      }
      let ratios = Statistics(pairs.map { $0.0 / $0.1 })
      return [
        Figure(
          name: name, unit: unit, value: Statistics(pairs.map(\.0)).median,
          baseline: Statistics(pairs.map(\.1)).median, baselineName: baselineName,
          ratio: ratios.median, interval: ratios.interval95, goal: goal,
          cost: costs.ours.per(options.rounds * operations),
          baselineCost: costs.baseline.per(options.rounds * operations))
      ]
    }
  }

  /// A figure by itself, judged by its median.
  static func measure(_ name: String, _ unit: String, goal: Double? = nil, _ round: @escaping Round) -> Case {
    Case(name: name) { options in
      var values: [Double] = []
      _ = try await round()
      for _ in 0..<options.rounds { values.append(try await round()) }
      let statistics = Statistics(values)
      return [
        Figure(
          name: name, unit: unit, value: statistics.median, interval: statistics.interval95, goal: goal)
      ]
    }
  }
}
