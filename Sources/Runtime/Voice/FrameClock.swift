// SPDX-License-Identifier: Apache-2.0
import Speech
import Time

/// Ties sample positions to the monotonic clock by the latest frame that came.
struct FrameClock {
  private(set) var end: SamplePosition = 0
  private var endAt = Instant.zero

  /// A frame ended at position `end`; its last sample was captured at `at`.
  mutating func advance(to end: SamplePosition, at: Instant) {
    self.end = end
    endAt = at
  }

  /// When the sample at `position` was captured.
  func instant(of position: SamplePosition) -> Instant {
    endAt.advanced(byNanoseconds: (position - end) * AudioFormat.sampleNanoseconds)
  }

  /// The position captured at `instant`, as far as is known.
  func position(at instant: Instant) -> SamplePosition {
    end - endAt.nanoseconds(since: instant) / AudioFormat.sampleNanoseconds
  }
}
