// SPDX-License-Identifier: Apache-2.0

/// Adds noise at −80 dBFS: on digital silence the decoders' noise estimate is meaningless and
/// clean speech is then recognised worse than speech at 30 dB.
struct Dither {
  private var state: UInt32 = 0x9E37_79B9

  /// Copies `samples` to `target` with the noise added, saturating.
  mutating func copy(
    _ samples: UnsafeBufferPointer<Int16>, to target: UnsafeMutableBufferPointer<Int16>
  ) {
    for index in 0..<samples.count {
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      let noise = Int(state % 12) - 6 + Int(state >> 31)
      target[index] = Int16(clamping: Int(samples[index]) + noise)
    }
  }
}
