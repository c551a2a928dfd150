// SPDX-License-Identifier: Apache-2.0
import ALSA

/// What stands before the samples of a WAV file, and where they are.
/// Source: Microsoft/IBM, Multimedia Programming Interface 1.0; WAVE_FORMAT_EXTENSIBLE.
public struct WAVHeader: Sendable, Equatable {
  public var format: SampleFormat
  public var rateHz: Int
  public var channels: Int
  /// Bytes before the first sample.
  public var dataOffset: Int
  /// Whole frames only; never beyond the end of the bytes given.
  public var dataBytes: Int

  public var frames: Int { dataBytes / (channels * format.bytesPerSample) }

  /// Reads the chunks of `file`. Sizes that reach beyond the end (a recording that was cut short,
  /// a stream of unknown length) are cut to what is there.
  /// - Throws: `SoundError` that names what is wrong: not a WAV file, compressed, no samples.
  public init(_ file: [UInt8]) throws(SoundError) {
    guard file.count >= 12, Self.tag(file, 0) == "RIFF", Self.tag(file, 8) == "WAVE" else {
      throw SoundError("not a WAV file")
    }
    var shape: (SampleFormat, rateHz: Int, channels: Int)?
    var offset = 12
    while offset + 8 <= file.count {
      let size = Int(Self.u32(file, offset + 4))
      let body = offset + 8
      let end = min(body + size, file.count)
      switch Self.tag(file, offset) {
      case "fmt ": shape = try Self.shape(file[body..<end])
      case "data":
        guard let shape else { throw SoundError("the samples come before their format") }
        (format, rateHz, channels) = shape
        dataOffset = body
        dataBytes = (end - body) / (channels * format.bytesPerSample) * (channels * format.bytesPerSample)
        return
      default: break
      }
      offset = body + size + size % 2
    }
    throw SoundError("the WAV file has no samples")
  }

  private static func shape(_ chunk: ArraySlice<UInt8>) throws(SoundError) -> (SampleFormat, Int, Int) {
    let chunk = Array(chunk)
    guard chunk.count >= 16 else { throw SoundError("the WAV header is cut short") }
    var code = u16(chunk, 0)
    let channels = u16(chunk, 2)
    let rate = Int(u32(chunk, 4))
    let bits = u16(chunk, 14)
    if code == 0xfffe, chunk.count >= 26 { code = u16(chunk, 24) }
    guard (1...32).contains(channels) else { throw SoundError("\(channels) channels; 1 to 32 are possible") }
    guard (1_000...384_000).contains(rate) else {
      throw SoundError("a sample rate of \(rate) Hz; 1000 to 384000 are possible")
    }
    let format: SampleFormat
    switch (code, bits) {
    case (1, 8): format = .u8
    case (1, 16): format = .s16
    case (1, 24): format = .s24Packed
    case (1, 32): format = .s32
    case (3, 32): format = .float
    default:
      throw SoundError(
        "WAV encoding \(code) with \(bits) bits; possible are PCM of 8, 16, 24 or 32 bits and 32-bit "
          + "float (convert it: sox IN -b 16 OUT.wav)")
    }
    return (format, rate, channels)
  }

  /// The 44 bytes before S16 samples. `dataBytes` nil: not known yet, readable to the file's end.
  static func bytes(rateHz: Int, channels: Int, dataBytes: Int?) -> [UInt8] {
    let size = UInt32(clamping: dataBytes ?? Int(UInt32.max))
    var header = Array("RIFF".utf8)
    func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { header += $0 } }
    append(dataBytes == nil ? UInt32.max : UInt32(clamping: Int(size) + 36))
    header += Array("WAVEfmt ".utf8)
    append(UInt32(16))
    append(UInt16(1))
    append(UInt16(clamping: channels))
    append(UInt32(clamping: rateHz))
    append(UInt32(clamping: rateHz * channels * 2))
    append(UInt16(clamping: channels * 2))
    append(UInt16(16))
    header += Array("data".utf8)
    append(size)
    return header
  }

  private static func u16(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
  private static func u32(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    UInt32(u16(bytes, at)) | UInt32(u16(bytes, at + 2)) << 16
  }
  private static func tag(_ bytes: [UInt8], _ at: Int) -> String {
    String(decoding: bytes[at..<at + 4], as: UTF8.self)
  }
}

/// A sound file cannot be used; the text says why and what to do.
public struct SoundError: Error, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
