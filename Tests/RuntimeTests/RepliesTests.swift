// SPDX-License-Identifier: Apache-2.0
import Loop
import Speech
import TestSupport
import Testing
import Time

@testable import Runtime

@Suite struct RepliesTests {
  @Test func aLoudspeakerThatNeverEndsIsSilencedAndTheNextSoundHasItsTurn() async throws {
    try await onLoop {
      let speaker = HangingSpeaker()
      let replies = Replies(speaker: speaker, textToSpeech: nil)
      replies.playOutGrace = .milliseconds(20)
      let limit = LoopActor.shared.loop.now + .seconds(60)
      await #expect(throws: DeadlineExceeded("the loudspeaker")) {
        try await replies.play(Sound(rateHz: 16_000, channels: 1, samples: [1]), deadline: limit)
      }
      #expect(speaker.stops == 1)
      speaker.isHanging = false
      let wasHeard = try await replies.play(Tones.done, deadline: limit)
      #expect(wasHeard)
    }
  }

  @Test func whatIsPlayedIsToldByItsKind() async throws {
    try await onLoop {
      let speaker = HangingSpeaker()
      speaker.isHanging = false
      let replies = Replies(speaker: speaker, textToSpeech: nil, cues: [.wake: Tones.wake])
      var told: [OwnSound?] = []
      replies.onPlaying = { told.append($0) }
      _ = try await replies.play(Tones.done, deadline: LoopActor.shared.loop.now + .seconds(60))
      replies.cue(.wake)
      while told.count < 4 { try await LoopActor.shared.loop.sleep(for: .milliseconds(1)) }
      #expect(told == [.reply, nil, .cue, nil])
    }
  }
}

@LoopActor private final class HangingSpeaker: Speaker {
  var onEvent: (@LoopActor (AudioEvent) -> Void)?
  var onFirstSample: (@LoopActor (Instant) -> Void)?
  var isHanging = true
  private(set) var stops = 0

  func begin(rateHz: Int, channels: Int) {}
  func write(_ samples: UnsafeBufferPointer<Int16>) {}
  func finish(_ done: @escaping @LoopActor (Bool) -> Void) {
    if !isHanging { LoopActor.shared.loop.post { done(true) } }
  }
  func stop() { stops += 1 }
}
