// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Time

/// Sounds made for tests: the same samples from the same seed.
struct Signal {
  private(set) var samples: [Int16] = []
  private var generator: SeededGenerator
  private var phase: Float = 0

  init(seed: UInt64 = 1) { generator = SeededGenerator(seed: seed) }

  /// White noise of this mean power.
  mutating func noise(_ duration: Duration, dBFS: Float) {
    let level = amplitude(dBFS) * 1.732
    add(duration) { signal, _ in signal.uniform() * level }
  }

  /// Four syllables a second: a buzz at 130 Hz with its harmonics under a bump, over noise.
  mutating func speech(_ duration: Duration, dBFS: Float, noiseDBFS: Float = -70) {
    let (level, noise) = (amplitude(dBFS), amplitude(noiseDBFS) * 1.732)
    add(duration) { signal, time in
      let syllable = (time * 4).truncatingRemainder(dividingBy: 1)
      let envelope = 0.3 + 2.8 * syllable * (1 - syllable)
      return signal.buzz() * level * envelope + signal.uniform() * noise
    }
  }

  /// Three seconds of words with the gaps that people leave between them.
  mutating func talk(dBFS: Float, noiseDBFS: Float) {
    for _ in 0..<4 {
      speech(.milliseconds(750), dBFS: dBFS, noiseDBFS: noiseDBFS)
      noise(.milliseconds(60), dBFS: noiseDBFS)
    }
  }

  /// Calls `body` with each whole frame.
  func frames(_ body: (UnsafeBufferPointer<Int16>) -> Void) {
    samples.withUnsafeBufferPointer { all in
      for start in stride(from: 0, to: all.count - AudioFormat.frameSamples + 1, by: AudioFormat.frameSamples)
      {
        body(UnsafeBufferPointer(rebasing: all[start..<(start + AudioFormat.frameSamples)]))
      }
    }
  }

  /// What the detector says of each frame.
  func judged() -> [VoiceFrame] {
    var detector = VoiceActivity()
    var end: SamplePosition = 0
    var result: [VoiceFrame] = []
    frames { frame in
      end += SamplePosition(frame.count)
      let isSpeech = detector.isSpeech(frame)
      result.append(VoiceFrame(isSpeech: isSpeech, isNoisy: detector.isNoisy, end: end))
    }
    return result
  }

  private mutating func add(_ duration: Duration, _ value: (inout Signal, Float) -> Float) {
    for index in 0..<Int(AudioFormat.samples(in: duration)) {
      let sample = value(&self, Float(index) / Float(AudioFormat.rateHz))
      samples.append(Int16(max(-32_768, min(32_767, sample.rounded()))))
    }
  }

  private mutating func uniform() -> Float { Float.random(in: -1...1, using: &generator) }

  private mutating func buzz() -> Float {
    phase = (phase + 130 / Float(AudioFormat.rateHz)).truncatingRemainder(dividingBy: 1)
    return phase < 0.2 ? 2 : -0.5
  }
}

private func amplitude(_ dBFS: Float) -> Float {
  (0..<Int(-dBFS)).reduce(32_768) { value, _ in value * 0.891_250_9 }
}
