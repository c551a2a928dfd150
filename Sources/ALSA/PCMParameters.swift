// SPDX-License-Identifier: Apache-2.0

/// What is wanted of a PCM; the device's nearest offer is taken.
public struct PCMWish: Sendable, Equatable {
  /// Exactly this where offered, else the nearest above, else the nearest below.
  public var rateHz: Int
  public var channels: Int
  public var period: Duration
  public var buffer: Duration
  /// Formats in order of preference.
  public var formats: [SampleFormat] = SampleFormat.allCases

  public init(rateHz: Int, channels: Int, period: Duration, buffer: Duration) {
    self.rateHz = rateHz
    self.channels = channels
    self.period = period
    self.buffer = buffer
  }
}

/// What a PCM really runs with.
public struct PCMParameters: Sendable, Equatable, CustomStringConvertible {
  /// The name that libasound opened, e.g. `hw:CARD=Device,DEV=0`.
  public let device: String
  public let rateHz: Int
  public let channels: Int
  public let format: SampleFormat
  public let periodFrames: Int
  public let bufferFrames: Int

  public var bytesPerFrame: Int { channels * format.bytesPerSample }

  /// One line for people.
  public var description: String {
    "\(device): \(rateHz) Hz, \(channels) channel\(channels == 1 ? "" : "s"), \(format.rawValue), "
      + "period \(periodFrames) frames (\(milliseconds(periodFrames)) ms), "
      + "buffer \(bufferFrames) (\(milliseconds(bufferFrames)) ms)"
  }

  private func milliseconds(_ frames: Int) -> String {
    let tenths = (frames * 10_000 + rateHz / 2) / rateHz
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
