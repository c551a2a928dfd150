// SPDX-License-Identifier: Apache-2.0

/// One edge as the kernel reported it.
public struct EdgeEvent: Sendable, Equatable {
  /// Nanoseconds of the monotonic clock.
  public var timestampNanoseconds: UInt64
  /// Counts the line's edges from 1; nil where `Library.numbersEdges` is false.
  public var sequence: UInt32?
  /// The logical level after the edge.
  public var isActive: Bool
}
