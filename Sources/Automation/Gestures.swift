// SPDX-License-Identifier: Apache-2.0

/// What one edge or deadline of a line means, in order: at most four gestures, without an allocation.
public struct Gestures: Sendable, Equatable, Sequence, ExpressibleByArrayLiteral {
  private var first: Gesture?
  private var second: Gesture?
  private var third: Gesture?
  private var fourth: Gesture?

  public init(arrayLiteral elements: Gesture...) {
    for element in elements { append(element) }
  }

  mutating func append(_ gesture: Gesture) {
    if first == nil {
      first = gesture
    } else if second == nil {
      second = gesture
    } else if third == nil {
      third = gesture
    } else {
      precondition(fourth == nil, "no event of a line means five gestures")
      fourth = gesture
    }
  }

  public func makeIterator() -> Iterator { Iterator(rest: self) }

  public struct Iterator: IteratorProtocol {
    fileprivate var rest: Gestures

    public mutating func next() -> Gesture? {
      defer {
        (rest.first, rest.second, rest.third, rest.fourth) = (rest.second, rest.third, rest.fourth, nil)
      }
      return rest.first
    }
  }
}
