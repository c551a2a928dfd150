// SPDX-License-Identifier: Apache-2.0
import ALSA
import Testing

@testable import Runtime

@Suite struct SpeakerEndingTests {
  @Test(
    arguments: [
      (.running, 100, false, .awaited), (.running, 100, true, .lost),
      (.running, 0, false, .heard), (.running, 0, true, .heard), (.running, -20, true, .heard),
      (.xrun, 100, false, .heard), (.xrun, 100, true, .heard),
      (.disconnected, 100, false, .lost), (.disconnected, 0, true, .lost),
    ] as [(PCM.State, Int, Bool, ALSASpeaker.Ending)])
  func whatWasHeardWhileTheLoopWasAwayIsHeard(
    state: PCM.State, framesLeft: Int, isLate: Bool, ending: ALSASpeaker.Ending
  ) {
    #expect(ALSASpeaker.Ending(state, framesLeft: framesLeft, isLate: isLate) == ending)
  }
}
