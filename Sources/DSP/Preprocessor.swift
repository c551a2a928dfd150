// SPDX-License-Identifier: Apache-2.0
internal import CSpeexDSP

/// Noise suppression and automatic gain on frames of one size, in place; no allocation after `init`.
///
/// Its voice detector is not offered: it sticks on steady noise. Source: libspeexdsp, speex_preprocess.h.
public struct Preprocessor: ~Copyable {
  public let frameSamples: Int
  private let state: OpaquePointer

  /// - Parameters:
  ///   - noiseSuppressionDB: most attenuation of noise, -60…0; 0 turns it off.
  ///   - automaticGain: brings speech to an even level.
  ///   - frameSamples: 1…48,000.
  ///   - rateHz: 1…768,000.
  public init(rateHz: Int, frameSamples: Int, noiseSuppressionDB: Int, automaticGain: Bool) {
    precondition((1...48_000).contains(frameSamples) && (1...768_000).contains(rateHz))
    state = speex_preprocess_state_init(Int32(frameSamples), Int32(rateHz))
    self.frameSamples = frameSamples
    set(SPEEX_PREPROCESS_SET_DENOISE, noiseSuppressionDB < 0 ? 1 : 0)
    if noiseSuppressionDB < 0 {
      set(SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, Int32(max(noiseSuppressionDB, -60)))
    }
    set(SPEEX_PREPROCESS_SET_AGC, automaticGain ? 1 : 0)
  }

  deinit { speex_preprocess_state_destroy(state) }

  /// Processes `frameSamples` samples in place.
  public borrowing func process(_ frame: UnsafeMutablePointer<Int16>) {
    speex_preprocess_run(state, frame)
  }

  private borrowing func set(_ request: Int32, _ value: Int32) {
    var value = value
    speex_preprocess_ctl(state, request, &value)
  }
}
