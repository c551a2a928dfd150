// SPDX-License-Identifier: Apache-2.0

/// Reproducible pink-like noise: the same seed gives the same samples on every machine.
public struct SeededNoise {
  private var state: UInt64
  private var low = 0.0
  private var middle = 0.0

  public init(seed: UInt64) { state = seed | 1 }

  /// One sample with an RMS of about 1.
  public mutating func next() -> Double {
    // xorshift64*, Marsaglia 2003: enough for noise.
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    let white = Double(Int64(bitPattern: state &* 0x2545_F491_4F6C_DD1D)) / Double(Int64.max)
    low = 0.995 * low + 0.1 * white
    middle = 0.9 * middle + 0.3 * white
    return (low + middle + 0.3 * white) * 1.35
  }
}
