// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a room's microphone would hear: clips of speech over steady noise, 16 kHz mono S16.
public struct SoundScene {
  public static let rateHz = 16_000

  public private(set) var samples: [Int16] = []
  private var noise: SeededNoise
  private let noiseRMS: Double

  /// - Parameters:
  ///   - noiseDBFS: level of the noise; speech is brought to `speechDBFS`.
  ///   - seed: of the noise.
  public init(noiseDBFS: Double, seed: UInt64) {
    noise = SeededNoise(seed: seed)
    noiseRMS = Self.amplitude(noiseDBFS)
  }

  /// Appends noise alone.
  public mutating func appendPause(seconds: Double) {
    append(repeatElement(0, count: Int(seconds * Double(Self.rateHz))), gain: 0)
  }

  /// Appends a clip with its active level brought to `speechDBFS`, over the noise.
  /// - Returns: the sample at which the clip's speech ends.
  @discardableResult
  public mutating func appendSpeech(_ clip: [Int16], speechDBFS: Double = -20) -> Int {
    let level = Self.rms(clip)
    append(clip, gain: level > 0 ? Self.amplitude(speechDBFS) / level : 0)
    return samples.count - (clip.count - Self.endOfSpeech(clip))
  }

  /// Where the clip falls silent: 40 dB below its peak.
  static func endOfSpeech(_ clip: [Int16]) -> Int {
    let peak = clip.lazy.map { Int($0.magnitude) }.max() ?? 0
    return (clip.lastIndex { Int($0.magnitude) * 100 > peak } ?? -1) + 1
  }

  private mutating func append(_ clip: some Collection<Int16>, gain: Double) {
    samples.reserveCapacity(samples.count + clip.count)
    for sample in clip {
      let mixed = Double(sample) * gain + noise.next() * noiseRMS
      samples.append(Int16(max(-32768, min(32767, mixed.rounded()))))
    }
  }

  private static func rms(_ clip: [Int16]) -> Double {
    let peak = clip.lazy.map { Int($0.magnitude) }.max() ?? 0
    let active = clip.lazy.filter { Int($0.magnitude) * 20 > peak }
    var sum = 0.0
    var count = 0.0
    for sample in active {
      sum += Double(sample) * Double(sample)
      count += 1
    }
    return count == 0 ? 0 : (sum / count).squareRoot()
  }

  private static func amplitude(_ dBFS: Double) -> Double { 32_768 * pow(10, dBFS / 20) }
}
