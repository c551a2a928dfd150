// SPDX-License-Identifier: Apache-2.0

/// Is somebody speaking? Energy above 100 Hz against a noise floor that follows the room.
///
/// A frame is speech when it is 9 dB over the floor. The floor falls fast, so that a pause shows
/// it, and rises slowly under speech, so that speech does not become the floor. Knows nothing of
/// time: the endpointer smooths. Allocates nothing.
public struct VoiceActivity: Sendable {
  /// The noise floor in dBFS.
  public private(set) var floorDBFS: Float = -60
  /// The last frame's level above 100 Hz in dBFS.
  public private(set) var levelDBFS: Float = Decibels.silence
  /// How loud speech has been of late, in dBFS.
  public private(set) var speechDBFS: Float = -30

  private var isFirst = true
  private var lastInput: Float = 0
  private var lastOutput: Float = 0

  public init() {}

  /// Speech stands so little over the floor that weak word endings drown.
  public var isNoisy: Bool { speechDBFS - floorDBFS < Self.noisyBelow }

  /// Judges the next frame.
  ///
  /// - Parameter frame: 320 samples, 16 kHz mono. An empty one is not speech and changes nothing.
  public mutating func isSpeech(_ frame: UnsafeBufferPointer<Int16>) -> Bool {
    guard !frame.isEmpty else { return false }
    levelDBFS = Decibels.fullScale(power: highPassedPower(frame) + 1)
    if isFirst {
      floorDBFS = max(levelDBFS, Self.lowestFloor)
      isFirst = false
    }
    follow(levelDBFS - floorDBFS)
    let isSpeech = levelDBFS > floorDBFS + Self.margin && levelDBFS > Self.quietestSpeech
    if isSpeech { speechDBFS += 0.05 * (levelDBFS - speechDBFS) }
    return isSpeech
  }

  /// First-order high-pass at 100 Hz: hum and wind carry no words.
  private mutating func highPassedPower(_ frame: UnsafeBufferPointer<Int16>) -> Float {
    var input = lastInput
    var output = lastOutput
    var energy: Float = 0
    for sample in frame {
      let next = Float(sample)
      output = Self.highPass * (output + next - input)
      input = next
      energy += output * output
    }
    lastInput = input
    lastOutput = output
    return energy / Float(frame.count)
  }

  private mutating func follow(_ above: Float) {
    if above < 0 {
      floorDBFS += 0.2 * above
    } else if above < Self.margin {
      floorDBFS += 0.02 * above
    } else {
      floorDBFS += min(0.003 * above, 0.02)
    }
    floorDBFS = max(floorDBFS, Self.lowestFloor)
  }

  private static let highPass: Float = 0.961
  private static let margin: Float = 9
  private static let lowestFloor: Float = -75
  private static let quietestSpeech: Float = -60
  private static let noisyBelow: Float = 15
}
