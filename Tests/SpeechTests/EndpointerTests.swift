// SPDX-License-Identifier: Apache-2.0
import Speech
import TestSupport
import Testing
import Time

@Suite struct EndpointerTests {
  /// `s` speech, `.` silence, `n` silence in noise; 20 ms each, beginning at position 0.
  static func frames(_ pattern: String) -> [VoiceFrame] {
    pattern.enumerated().map { index, mark in
      VoiceFrame(isSpeech: mark == "s", isNoisy: mark == "n", end: SamplePosition(320 * (index + 1)))
    }
  }

  static func run(_ mark: Character, _ count: Int) -> String { String(repeating: mark, count: count) }

  private func events(_ pattern: String, _ endpointer: Endpointer) -> [(Int, Endpointer.Event)] {
    var endpointer = endpointer
    return Self.frames(pattern).enumerated().compactMap { index, frame in
      endpointer.handle(frame).map { (index, $0) }
    }
  }

  private struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var pattern: String
    var expected: [Endpointer.Event]
    var at: [Int]
  }

  // Defaults: trigger 3 of 5 frames, hangover 20, minimum 10, maximum 400 frames.
  private static let cases = [
    Case(
      testDescription: "speech between silences", pattern: run(".", 10) + run("s", 30) + run(".", 30),
      expected: [.began(from: 3200), .ended(end: 12_800, reason: .silence)], at: [19, 59]),
    Case(
      testDescription: "a pause shorter than the hangover",
      pattern: run("s", 15) + run(".", 19) + run("s", 5) + run(".", 20),
      expected: [.began(from: 0), .ended(end: 12_480, reason: .silence)], at: [9, 58]),
    Case(
      testDescription: "noise needs half as long again", pattern: run("s", 15) + run("n", 40),
      expected: [.began(from: 0), .ended(end: 4800, reason: .silence)], at: [9, 44]),
    Case(
      testDescription: "a click is nothing", pattern: "..s...ss......" + run(".", 30), expected: [], at: []),
    Case(
      testDescription: "a knock shorter than the minimum is nothing",
      pattern: "...sssss" + run(".", 40), expected: [], at: []),
    Case(
      testDescription: "three of five start, from the first of them", pattern: "..s.s.s" + run("s", 20),
      expected: [.began(from: 640)], at: [11]),
    Case(
      testDescription: "speech without end", pattern: run("s", 500),
      expected: [.began(from: 0), .ended(end: 128_000, reason: .maximum)], at: [9, 399]),
  ]

  @Test(arguments: cases) private func beginsAndEnds(_ example: Case) {
    let found = events(example.pattern, Endpointer(VoiceSettings()))
    #expect(found.map(\.1) == example.expected)
    #expect(found.map(\.0) == example.at)
  }

  @Test func nobodySpeaksUntilTheTimeout() {
    let endpointer = Endpointer(VoiceSettings(), timeout: 16_000)
    #expect(events(Self.run(".", 100), endpointer).map(\.1) == [.noSpeech])
    #expect(events(Self.run(".", 100), endpointer).map(\.0) == [49])
    let late = Self.run(".", 48) + Self.run("s", 20) + Self.run(".", 20)
    #expect(events(late, endpointer).map(\.1).contains(.ended(end: 21_760, reason: .silence)))
  }

  @Test func framesBeforeTheEarliestAreNotHeard() {
    let endpointer = Endpointer(VoiceSettings(), earliest: 3200)
    let found = events(Self.run("s", 20) + Self.run(".", 20), endpointer)
    #expect(found.map(\.1) == [.began(from: 3200), .ended(end: 6400, reason: .silence)])
  }

  @Test func afterSilenceNoiseThatGoesOnOpensNothing() {
    let endpointer = Endpointer(VoiceSettings(), afterSilence: true)
    #expect(events(Self.run("s", 900), endpointer).isEmpty)
    let found = events(Self.run("s", 50) + Self.run(".", 20) + Self.run("s", 20), endpointer)
    #expect(found.map(\.1) == [.began(from: 22_400)])
  }

  @Test func aGapInThePositionsDoesNotJoinSpeechOnBothSides() {
    var endpointer = Endpointer(VoiceSettings())
    for end in [320, 640, 9960, 10_280] as [SamplePosition] {
      #expect(endpointer.handle(VoiceFrame(isSpeech: true, end: end)) == nil)
    }
    #expect(endpointer.speechStart == nil)
  }

  @Test func whateverIsHeardTheUtteranceKeepsItsLimits() {
    var random = Seed.generator()
    for _ in 0..<300 {
      var settings = VoiceSettings()
      settings.hangover = .milliseconds(Int.random(in: 0...700, using: &random))
      settings.minimumUtterance = .milliseconds(Int.random(in: 0...500, using: &random))
      settings.maximumUtterance = .milliseconds(Int.random(in: 300...4000, using: &random))
      settings.startTrigger = .milliseconds(Int.random(in: 0...150, using: &random))
      check(settings, &random)
    }
  }

  private func check(_ settings: VoiceSettings, _ random: inout SeededGenerator) {
    var endpointer = Endpointer(settings)
    var start: SamplePosition?
    var ended = false
    var isSpeech = false
    for index in 1...600 {
      if Int.random(in: 0..<8, using: &random) == 0 { isSpeech.toggle() }
      let frame = VoiceFrame(
        isSpeech: isSpeech, isNoisy: Bool.random(using: &random), end: SamplePosition(index * 320))
      switch endpointer.handle(frame) {
      case nil: continue
      case .noSpeech: Issue.record("no timeout was given")
      case .began(let from):
        #expect(start == nil && from < frame.end && from >= 0)
        start = from
      case .ended(let end, let reason):
        let length = end - (start ?? .max)
        let minimum = AudioFormat.samples(in: settings.minimumUtterance)
        let maximum = max(AudioFormat.samples(in: settings.maximumUtterance), minimum, 320)
        #expect(!ended && length >= minimum && length <= maximum)
        #expect(reason == .maximum || frame.end - end >= AudioFormat.samples(in: settings.hangover))
        ended = true
      }
    }
  }
}
