// SPDX-License-Identifier: Apache-2.0
import ALSA
import DSP

/// Turns a stream's S16 samples into what the device has, a period at a time. Everything is
/// allocated at `init`.
final class PlaybackFormat {
  let sourceChannels: Int
  /// Source frames of silence after a stream: push out what the resampler holds, and one period
  /// more, so that the hardware never repeats old samples before it is stopped.
  let tailFrames: Int

  private let device: PCMParameters
  private let resampler: Resampler?
  private let resampled: UnsafeMutableBufferPointer<Int16>
  private let output: UnsafeMutableRawPointer
  private var offset = 0

  /// Device frames that are converted and not yet written.
  private(set) var pendingFrames = 0
  var pending: UnsafeRawPointer { UnsafeRawPointer(output + offset * device.bytesPerFrame) }

  /// - Throws: `DSPError` when the rates cannot be converted.
  init(rateHz: Int, channels: Int, device: PCMParameters) throws(DSPError) {
    var resampler: Resampler?
    if rateHz != device.rateHz {
      resampler = try Resampler(fromHz: rateHz, toHz: device.rateHz, channels: channels)
    }
    self.device = device
    sourceChannels = channels
    let held = (resampler?.delayFrames ?? 0) * rateHz / device.rateHz
    tailFrames = held + device.periodFrames * rateHz / device.rateHz + 1
    self.resampler = resampler
    resampled = .allocate(capacity: device.periodFrames * channels)
    output = .allocate(byteCount: device.periodFrames * device.bytesPerFrame, alignment: 16)
  }

  deinit {
    resampled.deallocate()
    output.deallocate()
  }

  /// Converts up to a period of `source`; call when nothing is pending.
  /// - Returns: samples consumed.
  func convert(_ source: UnsafeBufferPointer<Int16>) -> Int {
    let available = source.count / sourceChannels
    guard available > 0 else { return 0 }
    var consumed = min(available, device.periodFrames)
    var frames = UnsafePointer(source.baseAddress!)
    pendingFrames = consumed
    if resampler != nil {
      (consumed, pendingFrames) = resampler!.process(source, into: resampled)
      frames = UnsafePointer(resampled.baseAddress!)
    }
    offset = 0
    SampleConversion.fromS16(
      frames, frames: pendingFrames, sourceChannels: sourceChannels, format: device.format,
      channels: device.channels, into: output)
    return consumed * sourceChannels
  }

  func written(_ frames: Int) {
    offset += frames
    pendingFrames -= frames
  }
}
