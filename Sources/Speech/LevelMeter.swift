// SPDX-License-Identifier: Apache-2.0

/// How loud the microphone is, over the frames since the last `reset()`. Allocates nothing.
public struct LevelMeter: Sendable {
  /// Samples measured.
  public private(set) var sampleCount = 0
  /// Samples at full scale in either direction: the microphone is too loud.
  public private(set) var clippedCount = 0
  private var peak: Int32 = 0
  private var energy = 0.0

  public init() {}

  public mutating func reset() { self = LevelMeter() }

  public mutating func measure(_ samples: UnsafeBufferPointer<Int16>) {
    var peak = self.peak
    var clipped = 0
    var sum: Int64 = 0
    for sample in samples {
      let value = Int32(sample)
      let magnitude = value < 0 ? -value : value
      peak = max(peak, magnitude)
      clipped += magnitude >= 32_767 ? 1 : 0
      sum += Int64(value * value)
    }
    self.peak = peak
    clippedCount += clipped
    sampleCount += samples.count
    energy += Double(sum)
  }

  /// The loudest sample in dBFS, -96.4…0.
  public var peakDBFS: Float { Decibels.fullScale(power: Float(peak) * Float(peak)) }

  /// The mean power in dBFS, -96.4…0; silence when nothing was measured.
  public var rmsDBFS: Float {
    sampleCount == 0 ? Decibels.silence : Decibels.fullScale(power: Float(energy / Double(sampleCount)))
  }
}
