// SPDX-License-Identifier: Apache-2.0
internal import CGPIOD

/// Room for the edges of one `LineRequest.readEdges`, used again and again.
public final class EdgeBuffer {
  /// Edges taken by one read.
  public static let capacity = 16

  let raw = UnsafeMutablePointer<cg_event>.allocate(capacity: capacity)

  public init() { raw.initialize(repeating: cg_event(), count: Self.capacity) }

  deinit { raw.deallocate() }

  /// Edge `index` of the last read; valid below the count that it returned.
  public subscript(index: Int) -> EdgeEvent {
    precondition((0..<Self.capacity).contains(index))
    return EdgeEvent(raw[index])
  }
}
