// SPDX-License-Identifier: Apache-2.0

/// The judgement of the last 128 frames (2.56 s), for triggers that are told late: the person may
/// have spoken the whole command by the time the wake engine reports its phrase.
struct SpeechHistory: Sendable {
  static let capacity = 128

  private(set) var count = 0
  private var end: SamplePosition = 0
  private var speech = Bits()
  private var noisy = Bits()

  /// Forgets everything when frames are missing: positions before the gap can't be told any more.
  mutating func append(_ frame: VoiceFrame) {
    if frame.start != end { count = 0 }
    end = frame.end
    speech.push(frame.isSpeech)
    noisy.push(frame.isNoisy)
    count = min(Self.capacity, count + 1)
  }

  mutating func clear() { count = 0 }

  /// The frame `age` frames before the newest, which has age 0.
  func frame(age: Int) -> VoiceFrame {
    precondition(age >= 0 && age < count, "only \(count) frames are known")
    return VoiceFrame(
      isSpeech: speech[age], isNoisy: noisy[age],
      end: end - SamplePosition(age * AudioFormat.frameSamples))
  }

  private struct Bits: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    mutating func push(_ bit: Bool) {
      high = high << 1 | low >> 63
      low = low << 1 | (bit ? 1 : 0)
    }

    subscript(age: Int) -> Bool {
      (age < 64 ? low >> UInt64(age) : high >> UInt64(age - 64)) & 1 == 1
    }
  }
}
