// SPDX-License-Identifier: Apache-2.0
import ALSA
import Configuration
import Loop
import Runtime
import TestSupport
import Testing
import Time

/// Microphone and speaker on real PCMs of a private sound server.
@Suite(.serialized, .enabled(if: SoundServer.obstacle == nil)) struct SoundPathTests {
  private static let loop = LoopActor.shared.loop

  @LoopActor private static func microphone(_ device: String) -> ALSAMicrophone {
    var settings = MicrophoneSettings()
    settings.buffer = .seconds(2)
    return ALSAMicrophone(device: device, settings: settings)
  }

  @LoopActor private static func speaker(_ device: String) -> ALSASpeaker {
    // The other suites keep the machine busy: a gap in the feeding must not be heard.
    var settings = SpeakerSettings()
    settings.buffer = .seconds(2)
    return ALSASpeaker(device: device, settings: settings, keepOpen: .milliseconds(50))
  }

  /// Waits for an event that `matches`, which the microphone or speaker tells after `start`.
  @LoopActor private static func event(
    _ what: String, _ matches: @escaping @LoopActor (AudioEvent) -> Bool,
    from hook: @LoopActor (@escaping @LoopActor (AudioEvent) -> Void) -> Void
  ) async throws {
    try await loop.wait(on: what, until: loop.now + .seconds(20)) { (waiter: Waiter<Void>) in
      hook { if matches($0) { waiter.resume(returning: ()) } }
    }
  }

  @Test(arguments: [("micin", "mic"), ("spk", "spkmon")])
  func whatIsPlayedIsHeardBitForBit(from output: String, to input: String) async throws {
    _ = SoundServer.shared
    var random = Seed.generator()
    let samples = (0..<24_000).map { _ in Int16.random(in: 1...Int16.max, using: &random) }
    let (heard, wasHeard, instants) = try await onLoop {
      var heard: [Int16] = []
      var instants: [Instant] = []
      let microphone = Self.microphone(input)
      let speaker = Self.speaker(output)
      try await Self.event("opened", { if case .opened = $0 { true } else { false } }) { hook in
        microphone.onEvent = hook
        microphone.onFrame = { frame, instant in
          heard += frame
          instants.append(instant)
        }
        microphone.start()
      }
      let wasHeard = try await Self.loop.wait(on: "end of sound", until: Self.loop.now + .seconds(20)) {
        (waiter: Waiter<Bool>) in
        speaker.play(Sound(rateHz: 16_000, channels: 1, samples: samples)) { waiter.resume(returning: $0) }
      }
      let limit = Self.loop.now + .seconds(5)
      while (heard.firstIndex { $0 != 0 } ?? .max / 2) + samples.count > heard.count, Self.loop.now < limit {
        try await Self.loop.sleep(for: .milliseconds(20))
      }
      microphone.stop()
      speaker.stop()
      return (heard, wasHeard, instants)
    }
    #expect(wasHeard)
    #expect(zip(instants, instants.dropFirst()).allSatisfy { $0 < $1 })
    let start = try #require(heard.firstIndex { $0 != 0 })
    // Told by the first that differs: nobody reads 24,000 numbers.
    #expect(heard.count >= start + samples.count)
    #expect(zip(heard[start...], samples).enumerated().first { $1.0 != $1.1 }?.offset == nil)
    #expect(heard[start...].dropFirst(samples.count).allSatisfy { $0 == 0 })
  }

  @Test func aServerThatDiesIsToldOnceAndFoundAgain() async throws {
    let server = SoundServer.shared
    let events = try await onLoop {
      var events: [AudioEvent] = []
      let microphone = Self.microphone("mic")
      try await Self.event("opened", { if case .opened = $0 { true } else { false } }) { hook in
        microphone.onEvent = {
          events.append($0); hook($0)
        }
        microphone.start()
      }
      try await Self.event("unplugged", { $0 == .unplugged }) { hook in
        microphone.onEvent = {
          events.append($0); hook($0)
        }
        server.crash()
      }
      // Some attempts fail before it is back.
      try await Self.loop.sleep(for: .milliseconds(600))
      try await Self.event("opened", { if case .opened = $0 { true } else { false } }) { hook in
        microphone.onEvent = {
          events.append($0); hook($0)
        }
        server.start()
      }
      microphone.stop()
      return events
    }
    #expect(events.count == 3)
    #expect(events[1] == .unplugged)
    #expect(events[0] == events[2])
  }

  @Test func aSpeakerWithoutItsServerSaysSoAndEndsTheStream() async throws {
    let server = SoundServer.shared
    server.crash()
    let (wasHeard, events) = try await onLoop {
      var events: [AudioEvent] = []
      let speaker = Self.speaker("spk")
      speaker.onEvent = { events.append($0) }
      let wasHeard = try await Self.loop.wait(on: "end of sound", until: Self.loop.now + .seconds(20)) {
        (waiter: Waiter<Bool>) in
        speaker.play(Tones.wake) { waiter.resume(returning: $0) }
      }
      return (wasHeard, events)
    }
    server.start()
    #expect(!wasHeard)
    let text = "speaker spk: the sound server or device does not answer (Connection refused)."
    #expect(events == [.unavailable(text)])
  }

  @Test func volumeAndMuteAreSet() throws {
    _ = SoundServer.shared
    let mixer = try Mixer.open(for: "spk")
    try mixer.setVolume(50, of: "Master")
    try mixer.setMuted(true, of: "Master")
    let changed = try #require(try Mixer.open(for: "spk").elements.first { $0.name == "Master" })
    #expect((49...51).contains(changed.volumePercent ?? 0))
    #expect(changed.isMuted == true)
    try mixer.setMuted(false, of: "Master")
    try mixer.setVolume(100, of: "Master")
  }

  @Test func stoppingEndsTheStreamUnheardAndTheNextOnePlays() async throws {
    _ = SoundServer.shared
    let outcomes = try await onLoop {
      let speaker = Self.speaker("spk")
      var outcomes: [Bool] = []
      try await Self.loop.wait(on: "first sample", until: Self.loop.now + .seconds(20)) {
        (waiter: Waiter<Void>) in
        speaker.onFirstSample = { _ in waiter.resume(returning: ()) }
        speaker.play(Sound(rateHz: 22_050, channels: 2, samples: [Int16](repeating: 9, count: 441_000))) {
          outcomes.append($0)
        }
      }
      speaker.stop()
      try await Self.loop.wait(on: "end of sound", until: Self.loop.now + .seconds(20)) {
        (waiter: Waiter<Void>) in
        speaker.play(Tones.done) {
          outcomes.append($0)
          waiter.resume(returning: ())
        }
      }
      return outcomes
    }
    #expect(outcomes == [false, true])
  }
}
