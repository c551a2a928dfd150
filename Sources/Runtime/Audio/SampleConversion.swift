// SPDX-License-Identifier: Apache-2.0
import ALSA
import Configuration

/// Between the sample formats of devices and files, and S16. Nothing is allocated; the format is
/// chosen once per call, not per sample.
enum SampleConversion {
  /// Interleaved frames of `format` → mono S16: one channel, or the average of all.
  /// A channel that the source does not have is its last one.
  static func toMono(
    _ source: UnsafeRawPointer, frames: Int, format: SampleFormat, channels: Int,
    channel: MicrophoneSettings.Channel, into target: UnsafeMutablePointer<Int16>
  ) {
    switch format {
    case .s16 where channels == 1:
      target.update(from: source.assumingMemoryBound(to: Int16.self), count: frames)
    case .s16: mono(S16.self, source, frames, channels, channel, target)
    case .s32: mono(S32.self, source, frames, channels, channel, target)
    case .s24Packed: mono(S24Packed.self, source, frames, channels, channel, target)
    case .s24: mono(S24.self, source, frames, channels, channel, target)
    case .float: mono(F32.self, source, frames, channels, channel, target)
    case .u8: mono(U8.self, source, frames, channels, channel, target)
    }
  }

  /// S16 frames of `sourceChannels` → interleaved frames of `format` with `channels`. One channel
  /// goes to all; many go to one as their average; else channel by channel, the last repeated.
  static func fromS16(
    _ source: UnsafePointer<Int16>, frames: Int, sourceChannels: Int,
    format: SampleFormat, channels: Int, into target: UnsafeMutableRawPointer
  ) {
    switch format {
    case .s16: spread(S16.self, source, frames, sourceChannels, channels, target)
    case .s32: spread(S32.self, source, frames, sourceChannels, channels, target)
    case .s24Packed: spread(S24Packed.self, source, frames, sourceChannels, channels, target)
    case .s24: spread(S24.self, source, frames, sourceChannels, channels, target)
    case .float: spread(F32.self, source, frames, sourceChannels, channels, target)
    case .u8: spread(U8.self, source, frames, sourceChannels, channels, target)
    }
  }

  @inline(__always) private static func mono<Codec: SampleCodec>(
    _: Codec.Type, _ source: UnsafeRawPointer, _ frames: Int, _ channels: Int,
    _ channel: MicrophoneSettings.Channel, _ target: UnsafeMutablePointer<Int16>
  ) {
    let stride = channels * Codec.bytes
    if case .index(let index) = channel {
      let first = source + min(max(index, 0), channels - 1) * Codec.bytes
      for frame in 0..<frames { target[frame] = Codec.load(first + frame * stride) }
      return
    }
    for frame in 0..<frames {
      var sum: Int32 = 0
      for each in 0..<channels { sum += Int32(Codec.load(source + frame * stride + each * Codec.bytes)) }
      target[frame] = Int16(truncatingIfNeeded: sum / Int32(channels))
    }
  }

  @inline(__always) private static func spread<Codec: SampleCodec>(
    _: Codec.Type, _ source: UnsafePointer<Int16>, _ frames: Int, _ sourceChannels: Int,
    _ channels: Int, _ target: UnsafeMutableRawPointer
  ) {
    var place = target
    for frame in 0..<frames {
      let first = source + frame * sourceChannels
      for each in 0..<channels {
        let value =
          channels == 1 ? average(first, sourceChannels) : first[min(each, sourceChannels - 1)]
        Codec.store(value, place)
        place += Codec.bytes
      }
    }
  }

  @inline(__always) private static func average(_ samples: UnsafePointer<Int16>, _ count: Int) -> Int16 {
    var sum: Int32 = 0
    for each in 0..<count { sum += Int32(samples[each]) }
    return Int16(truncatingIfNeeded: sum / Int32(count))
  }
}

/// One sample in memory ↔ S16. Wider samples are rounded, not cut.
private protocol SampleCodec {
  static var bytes: Int { get }
  static func load(_ place: UnsafeRawPointer) -> Int16
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer)
}

private enum S16: SampleCodec {
  static var bytes: Int { 2 }
  static func load(_ place: UnsafeRawPointer) -> Int16 {
    Int16(littleEndian: place.loadUnaligned(as: Int16.self))
  }
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer) {
    place.storeBytes(of: value.littleEndian, as: Int16.self)
  }
}

private enum S32: SampleCodec {
  static var bytes: Int { 4 }
  static func load(_ place: UnsafeRawPointer) -> Int16 {
    rounded(Int32(littleEndian: place.loadUnaligned(as: Int32.self)))
  }
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer) {
    place.storeBytes(of: (Int32(value) << 16).littleEndian, as: Int32.self)
  }
  static func rounded(_ value: Int32) -> Int16 { Int16(clamping: (Int64(value) + 0x8000) >> 16) }
}

private enum S24Packed: SampleCodec {
  static var bytes: Int { 3 }
  static func load(_ place: UnsafeRawPointer) -> Int16 {
    let low = UInt32(place.load(as: UInt8.self))
    let middle = UInt32(place.load(fromByteOffset: 1, as: UInt8.self))
    let high = UInt32(place.load(fromByteOffset: 2, as: UInt8.self))
    return S32.rounded(Int32(bitPattern: high << 24 | middle << 16 | low << 8))
  }
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer) {
    place.storeBytes(of: 0, as: UInt8.self)
    place.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: 1, as: UInt8.self)
    place.storeBytes(of: UInt8(truncatingIfNeeded: value >> 8), toByteOffset: 2, as: UInt8.self)
  }
}

private enum S24: SampleCodec {
  static var bytes: Int { 4 }
  // The top byte is not defined by the format: it is shifted out.
  static func load(_ place: UnsafeRawPointer) -> Int16 {
    S32.rounded(Int32(littleEndian: place.loadUnaligned(as: Int32.self)) << 8)
  }
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer) {
    place.storeBytes(of: (Int32(value) << 8).littleEndian, as: Int32.self)
  }
}

private enum F32: SampleCodec {
  static var bytes: Int { 4 }
  static func load(_ place: UnsafeRawPointer) -> Int16 {
    let bits = UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
    let value = (Float(bitPattern: bits) * 32768).rounded()
    return value.isNaN ? 0 : Int16(min(max(value, -32768), 32767))
  }
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer) {
    place.storeBytes(of: (Float(value) / 32768).bitPattern.littleEndian, as: UInt32.self)
  }
}

private enum U8: SampleCodec {
  static var bytes: Int { 1 }
  static func load(_ place: UnsafeRawPointer) -> Int16 {
    (Int16(place.load(as: UInt8.self)) - 128) << 8
  }
  static func store(_ value: Int16, _ place: UnsafeMutableRawPointer) {
    place.storeBytes(of: UInt8(truncatingIfNeeded: (Int(value) >> 8) + 128), as: UInt8.self)
  }
}
