// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The time of day, for people; what has to happen when is the monotonic clock's business.
public enum WallClock {
  /// Whole seconds since 1970, UTC (CLOCK_REALTIME).
  public static var seconds: Int { Int(cl_wall_time().tv_sec) }
}
