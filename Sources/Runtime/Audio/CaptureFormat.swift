// SPDX-License-Identifier: Apache-2.0
import ALSA
import Configuration
import DSP
import Speech

/// Turns what a device delivers into frames of 320 samples, 16 kHz mono S16. Everything is
/// allocated at `init`.
///
/// A class, so that the receiver of a frame may close the device it came from.
final class CaptureFormat {
  /// Where the device's samples go before `take`: room for `chunkFrames` frames.
  let input: UnsafeMutableRawPointer
  let chunkFrames: Int

  private let device: PCMParameters
  private let channel: MicrophoneSettings.Channel
  private let mono: UnsafeMutableBufferPointer<Int16>
  private let resampled: UnsafeMutableBufferPointer<Int16>
  private let frame: UnsafeMutableBufferPointer<Int16>
  private var filled = 0
  private let resampler: Resampler?
  /// 16 kHz samples by which the resampler lags.
  private let delaySamples: Int

  /// - Throws: `DSPError` when the device's rate cannot be converted.
  init(_ device: PCMParameters, _ settings: MicrophoneSettings) throws(DSPError) {
    var resampler: Resampler?
    if device.rateHz != AudioFormat.rateHz {
      resampler = try Resampler(fromHz: device.rateHz, toHz: AudioFormat.rateHz)
    }
    self.device = device
    channel = settings.channel
    chunkFrames = max(1, device.periodFrames)
    delaySamples = resampler?.delayFrames ?? 0
    self.resampler = resampler
    input = .allocate(byteCount: chunkFrames * device.bytesPerFrame, alignment: 16)
    mono = .allocate(capacity: chunkFrames)
    resampled = .allocate(capacity: chunkFrames * AudioFormat.rateHz / device.rateHz + 64)
    frame = .allocate(capacity: AudioFormat.frameSamples)
  }

  deinit {
    input.deallocate()
    mono.deallocate()
    resampled.deallocate()
    frame.deallocate()
  }

  /// Takes `frames` device frames from `input`; calls `emit` with each finished frame (borrowed
  /// for the call) and the number of 16 kHz samples that were captured after its last one.
  func take(_ frames: Int, _ emit: (UnsafeBufferPointer<Int16>, Int) -> Void) {
    SampleConversion.toMono(
      input, frames: frames, format: device.format, channels: device.channels, channel: channel,
      into: mono.baseAddress!)
    var samples = UnsafeBufferPointer(rebasing: mono[..<frames])
    if resampler != nil {
      let count = resampler!.process(samples, into: resampled).produced
      samples = UnsafeBufferPointer(rebasing: resampled[..<count])
    }
    while !samples.isEmpty {
      let count = min(AudioFormat.frameSamples - filled, samples.count)
      (frame.baseAddress! + filled).update(from: samples.baseAddress!, count: count)
      filled += count
      samples = UnsafeBufferPointer(rebasing: samples[count...])
      guard filled == AudioFormat.frameSamples else { return }
      filled = 0
      emit(UnsafeBufferPointer(frame), samples.count + delaySamples)
    }
  }
}
