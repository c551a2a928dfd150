// SPDX-License-Identifier: Apache-2.0
import Speech
import Testing

@Suite struct QuietBatchTests {
  /// The frames, by their numbers, that go together after each of `speech` was judged.
  private func batches(_ speech: [Bool]) -> [[Int]] {
    var batch = QuietBatch()
    var (sent, waiting): ([[Int]], [Int]) = ([], [])
    for (number, isSpeech) in speech.enumerated() {
      waiting.append(number)
      if batch.isDue(isSpeech: isSpeech) {
        sent.append(waiting)
        waiting = []
      }
    }
    return sent
  }

  @Test func framesWithoutSpeechGoTogether() {
    let sent = batches([Bool](repeating: false, count: 18))
    #expect(sent == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]])
  }

  @Test func theFirstFrameOfSpeechTakesAlongWhatWaits() {
    let sent = batches([false, false, false, false, false, false, true, true])
    #expect(sent == [[0, 1, 2, 3], [4, 5, 6], [7]])
  }

  @Test func aSecondAfterSpeechEachFrameStillGoesAtOnce() {
    let sent = batches([true] + [Bool](repeating: false, count: QuietBatch.tailFrames + 7))
    #expect(sent.prefix(QuietBatch.tailFrames) == ArraySlice((0..<QuietBatch.tailFrames).map { [$0] }))
    #expect(sent.dropFirst(QuietBatch.tailFrames).map(\.count) == [4, 4])
  }
}
