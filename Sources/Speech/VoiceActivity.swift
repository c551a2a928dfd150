// SPDX-License-Identifier: Apache-2.0

/// Is somebody speaking? Energy against a noise floor that follows the room, in two bands.
///
/// A frame is speech when it is 9 dB over the floor, either in everything above 100 Hz or in the
/// band of the vowels, where noise has less of its power. The floor falls fast, so that a pause
/// shows it, and rises slowly under speech, so that speech does not become the floor. A level that is
/// not left for two seconds is no speech, however loud: the floor goes there (a fan that starts, a
/// microphone that is switched on). Smoothing is the endpointer's work. Allocates nothing.
public struct VoiceActivity: Sendable {
  private var wide = Band()
  private var vowels = Band()
  private var speechDBFS: Float = -30
  private var isFirst = true
  private var filter = Filter()

  public init() {}

  /// The noise floor above 100 Hz in dBFS.
  public var floorDBFS: Float { wide.floor }
  /// The last frame's level above 100 Hz in dBFS.
  public var levelDBFS: Float { wide.level }
  /// Speech stands so little over the floor that weak word endings drown.
  public var isNoisy: Bool { speechDBFS - wide.floor < Self.noisyBelow }

  /// Judges the next frame.
  ///
  /// - Parameter frame: 320 samples, 16 kHz mono. An empty one is not speech and changes nothing.
  public mutating func isSpeech(_ frame: UnsafeBufferPointer<Int16>) -> Bool {
    guard !frame.isEmpty else { return false }
    let power = filter.power(of: frame)
    let isWide = wide.isAboveFloor(power.wide, isFirst: isFirst)
    let isVowel = vowels.isAboveFloor(power.vowels, isFirst: isFirst)
    isFirst = false
    guard isWide || isVowel, wide.level > Self.quietestSpeech else { return false }
    speechDBFS += Self.speechFollows * (wide.level - speechDBFS)
    return true
  }

  private static let quietestSpeech: Float = -60
  private static let noisyBelow: Float = 13
  private static let speechFollows: Float = 0.05

  /// One band's level and floor, in dBFS.
  private struct Band: Sendable {
    var level = Decibels.silence
    var floor: Float = -60
    private var recent = RecentMinimum()

    mutating func isAboveFloor(_ power: Float, isFirst: Bool) -> Bool {
      level = Decibels.fullScale(power: power + 1)
      if isFirst { floor = level }
      let above = level - floor
      if above < 0 {
        floor += 0.2 * above
      } else if above < Self.margin {
        floor += 0.02 * above
      } else {
        floor += min(0.003 * above, 0.02)
      }
      let least = recent.append(level)
      if least > floor + Self.settled { floor += 0.2 * (least - floor) }
      floor = max(floor, Self.lowestFloor)
      return level > floor + Self.margin
    }

    private static let margin: Float = 9
    /// The noise itself varies by less.
    private static let settled: Float = 3
    private static let lowestFloor: Float = -75
  }

  /// The least level of the last 1.7 to 1.9 s, in eight parts: nobody speaks so long without a gap.
  private struct RecentMinimum: Sendable {
    private var parts = SIMD8<Float>(repeating: -.greatestFiniteMagnitude)
    private var part = 0
    private var frames = 0

    mutating func append(_ level: Float) -> Float {
      if frames == Self.framesPerPart {
        part = (part + 1) % parts.scalarCount
        frames = 0
      }
      parts[part] = frames == 0 ? level : min(parts[part], level)
      frames += 1
      return parts.min()
    }

    private static let framesPerPart = 12
  }

  /// First-order high-pass at 100 Hz (hum and wind carry no words), then two first-order
  /// low-passes at 1 kHz.
  private struct Filter: Sendable {
    private var input: Float = 0
    private var high: Float = 0
    private var low: Float = 0
    private var lower: Float = 0

    mutating func power(of frame: UnsafeBufferPointer<Int16>) -> (wide: Float, vowels: Float) {
      var (input, high, low, lower) = (self.input, self.high, self.low, self.lower)
      var (wide, vowels): (Float, Float) = (0, 0)
      for sample in frame {
        let next = Float(sample)
        high = Self.highPass * (high + next - input)
        input = next
        low += Self.lowPass * (high - low)
        lower += Self.lowPass * (low - lower)
        wide += high * high
        vowels += lower * lower
      }
      (self.input, self.high, self.low, self.lower) = (input, high, low, lower)
      let count = Float(frame.count)
      return (wide / count, vowels / count)
    }

    private static let highPass: Float = 0.961
    private static let lowPass: Float = 0.325
  }
}
