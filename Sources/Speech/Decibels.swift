// SPDX-License-Identifier: Apache-2.0

/// Levels in dB relative to full scale, where a square wave of ±32768 has 0 dBFS.
enum Decibels {
  /// Digital silence, one step below the smallest non-zero 16-bit level.
  static let silence: Float = -96.4

  /// - Parameter power: mean of the squared samples.
  static func fullScale(power: Float) -> Float {
    power <= 0 ? silence : max(silence, 3.010_299_96 * (log2(power) - 30))
  }

  /// Base-2 logarithm of a positive normal number, right to 1e-6: the standard library has none.
  static func log2(_ value: Float) -> Float {
    let bits = value.bitPattern
    let significand = Float(bitPattern: bits & 0x7f_ffff | 0x3f80_0000)
    let isUpper = significand > 1.414_213_6
    let mantissa = isUpper ? significand / 2 : significand
    let exponent = Float(Int32(bits >> 23) - (isUpper ? 126 : 127))
    let t = (mantissa - 1) / (mantissa + 1)
    let square = t * t
    let series = t * (1 + square * (1 / 3 + square * (1 / 5 + square / 7)))
    return exponent + series * 2.885_390_08
  }
}
