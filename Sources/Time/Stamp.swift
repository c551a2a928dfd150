// SPDX-License-Identifier: Apache-2.0

/// A moment on both clocks.
public struct Stamp: Sendable, Equatable {
  /// Nanoseconds since 1970, UTC. May jump, also backwards.
  public var wall: Int64
  /// Of this boot.
  public var monotonic: Instant

  public init(wall: Int64, monotonic: Instant) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// The stamp of an earlier or later instant of this boot, as seen from this one.
  public func moved(to instant: Instant) -> Stamp {
    Stamp(wall: wall &+ (instant - monotonic).nanoseconds, monotonic: instant)
  }

  /// What a jump of the wall clock changes.
  public var difference: Int64 { wall &- Int64(clamping: monotonic.nanoseconds) }

  /// When the wall clock will show `wall`, as far as one can tell now.
  public func instant(of wall: Int64) -> Instant { monotonic + Duration(nanoseconds: wall &- self.wall) }
}
