// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Testing

@Suite struct VoiceActivityTests {
  @Test(arguments: [-80, -65, -50, -35, -20, -10] as [Float])
  func steadyNoiseOfAnyLevelIsNotSpeech(dBFS: Float) {
    var signal = Signal()
    signal.noise(.seconds(20), dBFS: dBFS)
    #expect(signal.judged().filter(\.isSpeech).isEmpty)
  }

  @Test(arguments: [(-60, 30), (-45, 20), (-35, 10)] as [(Float, Float)])
  func speechOverNoiseIsHeardAndItsEndIsExact(noise: Float, snr: Float) {
    var signal = Signal()
    signal.noise(.seconds(2), dBFS: noise)
    signal.speech(.seconds(1), dBFS: noise + snr, noiseDBFS: noise)
    signal.noise(.seconds(2), dBFS: noise)
    let speech = signal.judged().filter(\.isSpeech)
    #expect(speech.count >= 40)
    #expect(speech.first.map { $0.start >= 32_000 - 320 && $0.start <= 32_000 + 960 } ?? false)
    #expect(speech.last.map { $0.end >= 48_000 - 1280 && $0.end <= 48_000 + 640 } ?? false)
  }

  @Test(arguments: [(-60, -40), (-75, -50), (-70, -20)] as [(Float, Float)])
  func noiseThatBeginsIsNotSpeechForMoreThanThreeSeconds(before: Float, after: Float) {
    var signal = Signal()
    signal.noise(.seconds(3), dBFS: before)
    signal.noise(.seconds(10), dBFS: after)
    let judged = signal.judged()
    #expect(judged.suffix(350).filter(\.isSpeech).isEmpty)
  }

  @Test func noiseCloseUnderTheSpeechIsSaid() {
    var quiet = Signal()
    quiet.noise(.seconds(1), dBFS: -65)
    quiet.talk(dBFS: -25, noiseDBFS: -65)
    #expect(quiet.judged().last?.isNoisy == false)
    var loud = Signal()
    loud.noise(.seconds(1), dBFS: -35)
    loud.talk(dBFS: -27, noiseDBFS: -35)
    #expect(loud.judged().last?.isNoisy == true)
  }

  @Test func silenceConstantsAndEmptyFramesAreNotSpeech() {
    var detector = VoiceActivity()
    for value in [0, 1000, -32_768, 32_767] as [Int16] {
      let frame = [Int16](repeating: value, count: 320)
      let judged = (0..<100).map { _ in frame.withUnsafeBufferPointer { detector.isSpeech($0) } }
      #expect(judged.last == false)
    }
    let before = detector.floorDBFS
    let isSpeech = detector.isSpeech(UnsafeBufferPointer(start: nil, count: 0))
    #expect(!isSpeech && detector.floorDBFS == before)
  }

  @Test func theMeterTellsLevelPeakAndClipping() {
    var meter = LevelMeter()
    #expect(meter.rmsDBFS < -96 && meter.peakDBFS < -96)
    func measure(_ samples: [Int16]) { samples.withUnsafeBufferPointer { meter.measure($0) } }
    measure(Array(repeating: 16_384, count: 100) + Array(repeating: -16_384, count: 100))
    #expect(abs(meter.rmsDBFS + 6.02) < 0.01 && abs(meter.peakDBFS + 6.02) < 0.01)
    #expect(meter.clippedCount == 0)
    measure([.min, .max, 32_766])
    #expect(meter.clippedCount == 2 && meter.sampleCount == 203 && meter.peakDBFS == 0)
    meter.reset()
    #expect(meter.sampleCount == 0)
  }

  @Test func aFrameAllocatesNothing() async throws {
    let few = try await allocations(frames: 1)
    let many = try await allocations(frames: 500)
    #expect(many == few)
  }

  private func allocations(frames: Int) async throws -> UInt64 {
    var signal = Signal()
    signal.noise(.milliseconds(100), dBFS: -60)
    signal.speech(.milliseconds(100), dBFS: -20)
    let samples = signal.samples
    return try await Instruments.allocations {
      var chain = Chain()
      for index in 0..<frames {
        samples.withUnsafeBufferPointer {
          let start = index % 10 * AudioFormat.frameSamples
          chain.hear(UnsafeBufferPointer(rebasing: $0[start..<(start + AudioFormat.frameSamples)]))
        }
      }
    }
  }

  /// What happens to each frame of the microphone.
  private struct Chain: ~Copyable {
    var ring = AudioRing(capacity: 16_000)
    var detector = VoiceActivity()
    var meter = LevelMeter()
    var machine = VoiceMachine(settings: VoiceSettings())

    mutating func hear(_ frame: UnsafeBufferPointer<Int16>) {
      ring.append(frame)
      meter.measure(frame)
      let isSpeech = detector.isSpeech(frame)
      let heard = VoiceFrame(isSpeech: isSpeech, isNoisy: detector.isNoisy, end: ring.end)
      _ = machine.handle(.frame(heard), at: .zero)
    }
  }
}
