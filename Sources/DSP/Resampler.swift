// SPDX-License-Identifier: Apache-2.0
internal import CSpeexDSP

/// Changes the sample rate of interleaved S16 audio; no allocation after `init`.
/// Source: libspeexdsp, speex_resampler.h.
public struct Resampler: ~Copyable {
  public let channels: Int
  private let state: OpaquePointer

  /// - Parameter quality: 0 (fast) … 10; 5 is transparent for speech at 4.5 ms of delay to 16 kHz.
  /// - Throws: `DSPError` for a rate or channel count below 1, or no memory.
  public init(fromHz: Int, toHz: Int, channels: Int = 1, quality: Int = 5) throws(DSPError) {
    var code: Int32 = 0
    guard (1...768_000).contains(fromHz), (1...768_000).contains(toHz), (1...64).contains(channels),
      let state = speex_resampler_init(
        UInt32(channels), UInt32(fromHz), UInt32(toHz), Int32(min(max(quality, 0), 10)), &code)
    else { throw DSPError("cannot resample \(channels) channels from \(fromHz) Hz to \(toHz) Hz") }
    self.state = state
    self.channels = channels
    speex_resampler_skip_zeros(state)
  }

  deinit { speex_resampler_destroy(state) }

  /// Converts as much of `input` as fits into `output`; both interleaved.
  /// - Returns: frames (samples per channel) consumed and produced.
  public borrowing func process(
    _ input: UnsafeBufferPointer<Int16>, into output: UnsafeMutableBufferPointer<Int16>
  ) -> (consumed: Int, produced: Int) {
    var consumed = UInt32(clamping: input.count / channels)
    var produced = UInt32(clamping: output.count / channels)
    guard consumed > 0, produced > 0 else { return (0, 0) }
    speex_resampler_process_interleaved_int(
      state, input.baseAddress, &consumed, output.baseAddress, &produced)
    return (Int(consumed), Int(produced))
  }

  /// Output frames by which the result lags behind what has been put in.
  public var delayFrames: Int { Int(speex_resampler_get_output_latency(state)) }

  /// Forgets the past: the next input begins a new stream.
  public borrowing func reset() {
    speex_resampler_reset_mem(state)
    speex_resampler_skip_zeros(state)
  }
}

/// A signal-processing object could not be made.
public struct DSPError: Error, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
