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

  @Test func withoutVoiceOrLoudspeakerOrRoomNothingIsPromised() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let limit = loop.now + .seconds(60)
      let mute = Replies(speaker: nil, textToSpeech: nil)
      await #expect(throws: ReplyError.noVoice) { try await mute.say("hello", deadline: limit) }
      await #expect(throws: ReplyError.noSpeaker) { try await mute.play(Tones.done, deadline: limit) }
      let replies = Replies(speaker: HangingSpeaker(), textToSpeech: nil)
      let waiting = (0...Replies.waitingMax).map { _ in
        LoopActor.spawn("reply") { _ = try await replies.play(Tones.done, deadline: limit) }
      }
      // Each takes its place in a turn of its own.
      for _ in 0...Replies.waitingMax + 2 { try await loop.sleep(for: .milliseconds(1)) }
      let full = await thrown(ReplyError.self) { try await replies.play(Tones.done, deadline: limit) }
      #expect(full?.description == "8 replies are waiting already (Replies.waitingMax)")
      for task in waiting { task.cancel() }
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
