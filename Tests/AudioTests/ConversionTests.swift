// SPDX-License-Identifier: Apache-2.0
import Configuration
import DSP
import Glibc
import TestSupport
import Testing

@testable import ALSA
@testable import Runtime

@Suite struct ConversionTests {
  /// S16 through a device format and back, in `channels` copies.
  private func roundTrip(_ samples: [Int16], _ format: SampleFormat, channels: Int) -> [Int16] {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: samples.count * channels * format.bytesPerSample, alignment: 8)
    defer { raw.deallocate() }
    SampleConversion.fromS16(
      samples, frames: samples.count, sourceChannels: 1, format: format, channels: channels, into: raw)
    return [Int16](unsafeUninitializedCapacity: samples.count) { target, count in
      SampleConversion.toMono(
        raw, frames: samples.count, format: format, channels: channels, channel: .mix,
        into: target.baseAddress!)
      count = samples.count
    }
  }

  @Test(arguments: SampleFormat.allCases, [1, 2, 5])
  func everyFormatGivesBackWhatWasPutIn(format: SampleFormat, channels: Int) {
    let samples: [Int16] = [0, 1, -1, 255, 256, -256, 12_345, -12_345, .max, .min]
    let expected = format == .u8 ? samples.map { ($0 >> 8) << 8 } : samples
    #expect(roundTrip(samples, format, channels: channels) == expected)
  }

  @Test(
    arguments: [
      (.s32, [0xff, 0xff, 0xff, 0x7f], 32_767),
      (.s32, [0x00, 0x80, 0x00, 0x00], 1),
      (.s24, [0xff, 0xff, 0xff, 0x55], 0),
      (.s24, [0x00, 0x00, 0x80, 0x00], -32_768),
      (.s24Packed, [0xff, 0xff, 0x7f], 32_767),
      (.float, [0x00, 0x00, 0x80, 0x7f], 32_767),
      (.float, [0x00, 0x00, 0xc0, 0x7f], 0),
      (.u8, [0], -32_768),
    ] as [(SampleFormat, [UInt8], Int16)])
  func extremesAreRoundedAndHeldInRange(format: SampleFormat, bytes: [UInt8], expected: Int16) {
    var sample: Int16 = 99
    SampleConversion.toMono(
      bytes, frames: 1, format: format, channels: 1, channel: .mix, into: &sample)
    #expect(sample == expected)
  }

  @Test(
    arguments: [(.mix, 200), (.index(0), 100), (.index(2), 350), (.index(9), 350)]
      as [(MicrophoneSettings.Channel, Int16)])
  func aChannelIsPickedOrAllAreMixed(channel: MicrophoneSettings.Channel, expected: Int16) {
    var sample: Int16 = 0
    let frame: [Int16] = [100, 150, 350]
    SampleConversion.toMono(
      frame, frames: 1, format: .s16, channels: 3, channel: channel, into: &sample)
    #expect(sample == expected)
  }

  @Test(
    arguments: [(2, [1, 2], 1, [1]), (1, [7], 3, [7, 7, 7]), (2, [1, 2], 3, [1, 2, 2])]
      as [(Int, [Int16], Int, [Int16])])
  func channelsAreSpreadOrJoined(from: Int, source: [Int16], to: Int, expected: [Int16]) {
    var target = [Int16](repeating: 0, count: to)
    SampleConversion.fromS16(
      source, frames: 1, sourceChannels: from, format: .s16, channels: to, into: &target)
    #expect(target == expected)
  }

  @Test(arguments: [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
  func anyRateBecomes16kHzOfTheSameLengthAndLevel(rateHz: Int) throws {
    let tone = (0..<rateHz).map { Int16(8_000 * wave(Double($0) * 440 / Double(rateHz))) }
    let captured = try Sound(rateHz: rateHz, channels: 1, samples: tone).asCaptured()
    #expect(captured.count == 16_000)
    let middle = captured[1_000..<15_000]
    #expect((7_900...8_100).contains(Int(middle.max() ?? 0)))
    let crossings = zip(middle, middle.dropFirst()).filter { $0 < 0 && $1 >= 0 }.count
    #expect((384...386).contains(crossings))
  }

  @Test(arguments: SampleFormat.allCases)
  func convertingAndSuppressingNoiseAllocatesNothing(format: SampleFormat) async throws {
    let device = PCMParameters(
      device: "test", rateHz: 48_000, channels: 2, format: format, periodFrames: 960, bufferFrames: 9_600)
    var settings = MicrophoneSettings()
    settings.noiseSuppressionDB = -10
    let capture = try CaptureFormat(device, settings)
    memset(capture.input, 0, 960 * device.bytesPerFrame)
    var frames = 0
    var lowest = UInt64.max
    for _ in 0..<20 {
      let before = Instruments.threadAllocations
      capture.take(960) { _, _ in frames += 1 }
      lowest = min(lowest, Instruments.threadAllocations - before)
    }
    #expect((19...20).contains(frames))
    #expect(lowest == 0)
  }

  @Test func aRateThatDoesNotExistIsRefused() {
    #expect(throws: DSPError.self) { _ = try Resampler(fromHz: 0, toHz: 16_000) }
  }

  @Test func noiseSuppressionLowersNoiseAndLeavesATone() {
    let preprocessor = Preprocessor(
      rateHz: 16_000, frameSamples: 320, noiseSuppressionDB: -15, automaticGain: false)
    var random = SystemRandomNumberGenerator()
    var energies: [Double] = []
    for _ in 0..<150 {
      var frame = (0..<320).map { _ in Int16.random(in: -500...500, using: &random) }
      preprocessor.process(&frame)
      energies.append(frame.reduce(0) { $0 + Double($1) * Double($1) })
    }
    let noise = 320.0 * 500 * 500 / 3
    #expect(energies.suffix(20).reduce(0, +) / 20 < noise / 4)
  }

  @Test(arguments: [("wake", 200), ("done", 200), ("failure", 400)])
  func theBuiltInTonesAreShortAndNeitherClickNorClip(name: String, millisecondsMax: Int) throws {
    let tone = try #require(Tones.named(name))
    #expect(tone.duration <= .milliseconds(millisecondsMax))
    #expect(abs(Int(tone.samples.first!)) < 100 && abs(Int(tone.samples.last!)) < 100)
    #expect((3_000...16_000).contains(Int(tone.samples.max()!)))
    #expect(Tones.named("none") == nil)
  }
}

/// A sine wave of period 1 by its series: enough digits for a test.
private func wave(_ turns: Double) -> Double {
  let x = (turns - turns.rounded()) * 2 * Double.pi
  let square = x * x
  return x * (1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72 * (1 - square / 110)))))
}
