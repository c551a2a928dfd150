// SPDX-License-Identifier: Apache-2.0
import JSON

/// How the payload of `audio-chunk` is to be read: little-endian, signed, interleaved.
public struct WyomingAudioFormat: Sendable, Equatable {
  public var rateHz: Int
  /// Bytes per sample.
  public var width: Int
  public var channels: Int

  public init(rateHz: Int, width: Int = 2, channels: Int = 1) {
    self.rateHz = rateHz
    self.width = width
    self.channels = channels
  }

  /// 16 kHz mono S16, what the front end delivers and recognisers expect.
  public static let speech = WyomingAudioFormat(rateHz: 16_000)

  /// Rates of 1 kHz…384 kHz, 1…4 bytes, 1…32 channels: what arithmetic downstream can bear.
  public var isPlausible: Bool {
    (1000...384_000).contains(rateHz) && (1...4).contains(width) && (1...32).contains(channels)
  }

  public var bytesPerSecond: Int { rateHz * width * channels }
}

/// What comes with each chunk of audio beside its samples.
public struct WyomingAudio: Sendable, Equatable {
  public var format: WyomingAudioFormat
  /// Milliseconds by the protocol, but some peers send nanoseconds: never compute with a peer's.
  public var timestamp: Int64?

  public init(_ format: WyomingAudioFormat, timestamp: Int64? = nil) {
    self.format = format
    self.timestamp = timestamp
  }

  var data: JSONObject {
    [
      "rate": .integer(Int64(format.rateHz)), "width": .integer(Int64(format.width)),
      "channels": .integer(Int64(format.channels)),
      "timestamp": timestamp.map(JSONValue.integer) ?? .null,
    ]
  }
}
