// SPDX-License-Identifier: Apache-2.0
import ALSA
import Glibc
import Intents
import Loop
import Speech
import TestSupport
import Testing

@testable import Runtime

/// A WAV file with these bytes as samples.
private func wav(code: Int = 1, bits: Int, channels: Int = 1, rateHz: Int = 16_000, data: [UInt8]) -> [UInt8]
{
  func u16(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
  func u32(_ value: Int) -> [UInt8] { u16(value & 0xffff) + u16(value >> 16) }
  let frame = channels * bits / 8
  let format = u16(code) + u16(channels) + u32(rateHz) + u32(rateHz * frame) + u16(frame) + u16(bits)
  return Array("RIFF".utf8) + u32(36 + data.count) + Array("WAVEfmt ".utf8) + u32(16) + format
    + Array("data".utf8) + u32(data.count) + data
}

@Suite struct WAVTests {
  @Test(
    arguments: [
      (wav(bits: 8, data: [0, 128, 255, 129]), [-32768, 0, 32512, 256]),
      (wav(bits: 16, data: [0, 128, 255, 127, 1, 0]), [-32768, 32767, 1]),
      (wav(bits: 24, data: [0, 0, 128, 255, 255, 127, 0x80, 1, 0]), [-32768, 32767, 2]),
      (wav(bits: 32, data: [0, 0, 0, 128, 0, 0, 1, 0]), [-32768, 1]),
      (
        wav(code: 3, bits: 32, data: [0, 0, 128, 0xbf, 0, 0, 0, 0x3f, 0, 0, 0xc0, 0x7f]), [-32768, 16384, 0]
      ),
    ] as [([UInt8], [Int16])])
  func everyPCMEncodingBecomesS16(file: [UInt8], samples: [Int16]) throws {
    #expect(try SoundFile.decode(file).samples == samples)
  }

  @Test(
    arguments: [
      ([], "not a WAV file"),
      (Array("RIFFxxxxWAVE".utf8), "the WAV file has no samples"),
      (Array("RIFFxxxxWAVEdata".utf8) + [0, 0, 0, 0], "the samples come before their format"),
      (Array("RIFFxxxxWAVEfmt ".utf8) + [2, 0, 0, 0, 1, 0], "the WAV header is cut short"),
      (wav(bits: 16, channels: 0, data: []), "0 channels; 1 to 32 are possible"),
      (wav(bits: 16, rateHz: 7, data: []), "a sample rate of 7 Hz; 1000 to 384000 are possible"),
      (
        wav(code: 85, bits: 16, data: []),
        "WAV encoding 85 with 16 bits; possible are PCM of 8, 16, 24 or 32 bits and 32-bit float "
          + "(convert it: sox IN -b 16 OUT.wav)"
      ),
    ] as [([UInt8], String)])
  func aFileThatCannotBeUsedSaysWhy(file: [UInt8], text: String) {
    #expect(throws: SoundError(text)) { try WAVHeader(file) }
  }

  @Test func sizesBeyondTheEndAreCutToWholeFramesThatAreThere() throws {
    var file = wav(bits: 16, channels: 2, data: [1, 0, 2, 0, 3, 0])
    for index in 40..<44 { file[index] = 255 }
    #expect(try WAVHeader(file).frames == 1)
  }

  @Test func noMutationOfAHeaderTrapsTheParser() {
    var random = Seed.generator()
    let whole = wav(bits: 24, channels: 2, data: [UInt8](repeating: 7, count: 60))
    for _ in 0..<20_000 {
      var file = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        file[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      file.removeLast(Int.random(in: 0...file.count, using: &random))
      guard let header = try? WAVHeader(file) else { continue }
      #expect(header.dataOffset + header.dataBytes <= file.count)
      _ = try? SoundFile.decode(file)
    }
  }

  @Test(arguments: [
    "/nonexistent.wav": "No such file or directory", "/dev": "not a regular file",
    // The speed of a network that has none, which its driver does not let read.
    "/sys/class/net/lo/speed": "Invalid argument",
  ])
  func aPathThatCannotBeReadIsNamed(path: String, text: String) {
    #expect(throws: SoundError("\(path): \(text)")) { try SoundFile.load(path) }
  }

  @Test func aFileThatDoesNotFitIntoMemoryIsNotRead() throws {
    let directory = TemporaryDirectory()
    let path = directory.write("long.wav", "RIFF")
    try #require(truncate(path, SoundFile.bytesMax + 1) == 0)
    #expect(throws: SoundError("\(path): 67108865 bytes; at most 67108864 are possible")) {
      try SoundFile.load(path)
    }
  }

  @Test(arguments: [
    "audio/ogg": "a sound of type audio/ogg: only WAV files can be used here",
    "audio/x-s16le;channels=1": "a sound of type audio/x-s16le;channels=1: its rate is not told",
    "audio/x-s16le;rate=0;channels=1":
      "a sound of type audio/x-s16le;rate=0;channels=1: its rate is not told",
  ])
  func aSoundOfAnotherTypeIsNotPlayed(type: String, text: String) {
    #expect(throws: SoundError(text)) { try Sound(Payload.Media(type: type, bytes: [1, 2])) }
  }

  @Test func aRecordingReadsBackSampleForSample() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("said.wav")
    let samples = (0..<20_001).map { Int16(truncatingIfNeeded: $0 * 7919) }
    let count = try await onLoop {
      let writer = WAVWriter(path: path, rateHz: 16_000, channels: 1) { Issue.record("\($0)") }
      samples.withUnsafeBufferPointer { writer.write($0) }
      return try await LoopActor.shared.loop.wait(on: "recording") { waiter in
        writer.close { waiter.resume(returning: $0) }
      }
    }
    #expect(count == samples.count)
    #expect(try SoundFile.load(path) == Sound(rateHz: 16_000, channels: 1, samples: samples))
  }

  @Test(arguments: [
    "/dev/full": "recording /dev/full stopped: No space left on device. Free some space or record elsewhere.",
    "/nonexistent/a.wav": "recording /nonexistent/a.wav stopped: No such file or directory",
  ])
  func aDiskThatTakesNothingEndsTheRecordingWithOneError(path: String, text: String) async throws {
    let errors = try await onLoop {
      var errors: [String] = []
      let writer = WAVWriter(path: path, rateHz: 16_000, channels: 1) { errors.append($0.description) }
      for _ in 0..<3 { Tones.failure.samples.withUnsafeBufferPointer { writer.write($0) } }
      _ = try await LoopActor.shared.loop.wait(on: "recording") { (waiter: Waiter<Int>) in
        writer.close { waiter.resume(returning: $0) }
      }
      return errors
    }
    #expect(errors == [text])
  }
}
