// SPDX-License-Identifier: Apache-2.0
import Time

/// The one format behind the front end: 16 kHz mono S16 in frames of 20 ms.
public enum AudioFormat {
  public static let rateHz = 16_000
  public static let frameSamples = 320
  public static let frameDuration: Duration = .milliseconds(20)
  public static let sampleNanoseconds = 1_000_000_000 / Int64(rateHz)

  /// Whole samples in a duration, rounded down; negative durations give 0.
  public static func samples(in duration: Duration) -> SamplePosition {
    let nanoseconds = max(0, duration.nanoseconds)
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return seconds * Int64(rateHz) + rest * Int64(rateHz) / 1_000_000_000
  }

  /// How long so many samples sound.
  public static func duration(of samples: SamplePosition) -> Duration {
    .nanoseconds(samples * sampleNanoseconds)
  }
}

/// What the voice activity detector says of one frame of 320 samples.
public struct VoiceFrame: Sendable, Equatable {
  public var isSpeech: Bool
  /// The noise floor is close under the speech: weak word endings cannot be heard.
  public var isNoisy: Bool
  /// The position after the frame's last sample.
  public var end: SamplePosition

  public init(isSpeech: Bool, isNoisy: Bool = false, end: SamplePosition) {
    self.isSpeech = isSpeech
    self.isNoisy = isNoisy
    self.end = end
  }

  public var start: SamplePosition { end - SamplePosition(AudioFormat.frameSamples) }
}
