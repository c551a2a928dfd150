// SPDX-License-Identifier: Apache-2.0
import DSP
import Speech
import Time

/// A piece of audio in memory: interleaved S16.
public struct Sound: Sendable, Equatable {
  public var rateHz: Int
  public var channels: Int
  public var samples: [Int16]

  public init(rateHz: Int, channels: Int, samples: [Int16]) {
    self.rateHz = rateHz
    self.channels = channels
    self.samples = samples
  }

  public var duration: Duration {
    .nanoseconds(Int64(samples.count / max(channels, 1)) * 1_000_000_000 / Int64(max(rateHz, 1)))
  }

  /// The sound at 16 kHz mono, as microphones deliver it: all channels mixed.
  /// - Throws: `DSPError` for an impossible rate.
  public func asCaptured() throws(DSPError) -> [Int16] {
    var mono = samples
    if channels > 1 {
      mono = (0..<samples.count / channels).map { frame in
        let sum = samples[frame * channels..<(frame + 1) * channels].reduce(0) { $0 + Int($1) }
        return Int16(clamping: sum / channels)
      }
    }
    if rateHz == AudioFormat.rateHz { return mono }
    let resampler = try Resampler(fromHz: rateHz, toHz: AudioFormat.rateHz)
    // Silence pushes out what the filter still holds.
    let wanted = mono.count * AudioFormat.rateHz / rateHz
    let tail = resampler.delayFrames * rateHz / AudioFormat.rateHz + 64
    mono.append(contentsOf: repeatElement(0, count: tail))
    return [Int16](unsafeUninitializedCapacity: wanted) { output, count in
      mono.withUnsafeBufferPointer { count = resampler.process($0, into: output).produced }
    }
  }
}
