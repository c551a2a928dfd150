// SPDX-License-Identifier: Apache-2.0
import ALSA
import Glibc
import Speech

/// Sounds from files.
public enum SoundFile {
  /// Larger files are refused: a sound is held in memory.
  public static let bytesMax = 64 << 20

  /// Reads a WAV file, or raw S16_LE 16 kHz mono when it is not named `.wav` and does not begin as
  /// one. Blocks: not on the loop.
  /// - Throws: `SoundError` with the path: cannot be read, too large, not a usable WAV file.
  public static func load(_ path: String) throws(SoundError) -> Sound {
    do throws(SoundError) {
      let bytes = try read(path)
      let isWAV = path.lowercased().hasSuffix(".wav") || bytes.starts(with: "RIFF".utf8)
      return isWAV ? try decode(bytes) : raw(bytes)
    } catch {
      throw SoundError("\(path): \(error.description)")
    }
  }

  /// The sound of a WAV file's bytes.
  /// - Throws: `SoundError` as `WAVHeader.init`.
  public static func decode(_ bytes: [UInt8]) throws(SoundError) -> Sound {
    let header = try WAVHeader(bytes)
    let count = header.frames * header.channels
    let samples = [Int16](unsafeUninitializedCapacity: count) { target, filled in
      filled = count
      guard let target = target.baseAddress else { return }
      bytes.withUnsafeBytes { source in
        SampleConversion.toMono(
          source.baseAddress! + header.dataOffset, frames: count, format: header.format, channels: 1,
          channel: .index(0), into: target)
      }
    }
    return Sound(rateHz: header.rateHz, channels: header.channels, samples: samples)
  }

  private static func raw(_ bytes: [UInt8]) -> Sound {
    let samples = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map {
      Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8)
    }
    return Sound(rateHz: AudioFormat.rateHz, channels: 1, samples: samples)
  }

  private static func read(_ path: String) throws(SoundError) -> [UInt8] {
    let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard fd >= 0 else { throw SoundError(String(cString: strerror(errno))) }
    defer { close(fd) }
    var status = stat()
    guard fstat(fd, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw SoundError("not a regular file")
    }
    guard status.st_size <= bytesMax else {
      throw SoundError("\(status.st_size) bytes; at most \(bytesMax) are possible")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress! + filled, $0.count - filled) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw SoundError(String(cString: strerror(errno))) }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }
}
