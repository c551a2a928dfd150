// SPDX-License-Identifier: Apache-2.0
import Intents
import Speech

/// Sounds as intents carry them.
extension Sound {
  /// The type of a piece of samples, S16_LE interleaved: `audio/x-s16le;rate=22050;channels=1`.
  static let pieceType = "audio/x-s16le"

  /// The samples as a piece of a sound of this format.
  func piece(_ samples: UnsafeBufferPointer<Int16>) -> Payload.Media {
    Payload.Media(
      type: "\(Self.pieceType);rate=\(rateHz);channels=\(channels)",
      bytes: Array(UnsafeRawBufferPointer(samples)))
  }

  /// The whole as a WAV file.
  var wav: [UInt8] {
    samples.withUnsafeBytes { bytes in
      WAVHeader.bytes(rateHz: rateHz, channels: channels, dataBytes: bytes.count) + bytes
    }
  }

  /// - Throws: `SoundError` for a type that is neither a WAV file nor samples, or a broken file.
  init(_ media: Payload.Media) throws(SoundError) {
    guard media.type.hasPrefix(Self.pieceType) else {
      guard media.bytes.starts(with: "RIFF".utf8) else {
        throw SoundError("a sound of type \(media.type): only WAV files can be used here")
      }
      self = try SoundFile.decode(media.bytes)
      return
    }
    func number(_ name: String) -> Int? {
      media.type.split(separator: ";").first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) }
    }
    guard let rate = number("rate="), let channels = number("channels="), rate > 0, channels > 0 else {
      throw SoundError("a sound of type \(media.type): its rate is not told")
    }
    let samples = stride(from: 0, to: media.bytes.count - media.bytes.count % 2, by: 2).map {
      Int16(truncatingIfNeeded: Int(media.bytes[$0]) | Int(media.bytes[$0 + 1]) << 8)
    }
    self.init(rateHz: rate, channels: channels, samples: samples)
  }
}
