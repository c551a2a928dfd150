// SPDX-License-Identifier: Apache-2.0
import Time

extension SeededGenerator {
  mutating func isTrue(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

  /// Whole microseconds, so that traces read well.
  mutating func duration(_ range: ClosedRange<Duration>) -> Duration {
    let bounds = range.lowerBound.nanoseconds / 1000...range.upperBound.nanoseconds / 1000
    return .microseconds(Int64.random(in: bounds, using: &self))
  }

  mutating func milliseconds(_ range: ClosedRange<Int64>) -> Duration {
    duration(.milliseconds(range.lowerBound) ... .milliseconds(range.upperBound))
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }

  /// An element by weights.
  mutating func pick<Element>(_ elements: [(weight: Int, Element)]) -> Element {
    var left = Int.random(in: 0..<elements.reduce(0) { $0 + $1.weight }, using: &self)
    for (weight, element) in elements {
      if left < weight { return element }
      left -= weight
    }
    return elements[0].1
  }

  /// A generator of its own for a part of the world: what one part draws does not shift the others.
  mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }
}
