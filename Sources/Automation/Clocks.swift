// SPDX-License-Identifier: Apache-2.0
import JSON
import Time

/// A moment on both clocks.
public struct Clocks: Sendable, Equatable {
  /// Nanoseconds since 1970, UTC. May jump.
  public var wall: Int64
  public var monotonic: Instant

  public init(wall: Int64, monotonic: Instant) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// What a jump of the wall clock changes.
  var difference: Int64 { wall &- Int64(clamping: monotonic.nanoseconds) }

  /// When the wall clock will show `wall`, as far as one can tell now.
  func instant(of wall: Int64) -> Instant { monotonic + Duration(nanoseconds: wall &- self.wall) }
}

/// When a wait ends. The monotonic clock decides; the wall clock only carries it over a restart.
struct Deadline: Sendable, Equatable {
  var instant: Instant
  /// Nanoseconds since 1970, as the wall clock was when the wait began.
  var wall: Int64
  var length: Duration
  /// The clock was not set when this was restored: how long it has waited already will be known later.
  var isProvisional = false

  init(after length: Duration, _ now: Clocks) {
    instant = now.monotonic + length
    wall = now.wall &+ length.nanoseconds
    self.length = length
  }

  var json: JSONValue {
    .array([
      .integer(Int64(clamping: instant.nanoseconds)), .integer(wall), .integer(length.nanoseconds),
    ])
  }

  /// - Parameter isSameBoot: the monotonic clock has not begun anew since.
  init?(_ json: JSONValue?, isSameBoot: Bool, _ now: Clocks) {
    guard let parts = json?.arrayValue?.compactMap(\.integerValue), parts.count == 3 else { return nil }
    instant = Instant(nanoseconds: UInt64(max(0, parts[0])))
    (wall, length) = (parts[1], Duration(nanoseconds: parts[2]))
    if !isSameBoot { settle(now) }
  }

  /// What is left by the wall clock: never more than the whole, never less than nothing. A clock that
  /// is before the wait's beginning has not been set yet.
  mutating func settle(_ now: Clocks) {
    let left = wall &- now.wall
    isProvisional = left > length.nanoseconds
    instant = now.monotonic + Duration(nanoseconds: max(0, min(left, length.nanoseconds)))
  }
}
