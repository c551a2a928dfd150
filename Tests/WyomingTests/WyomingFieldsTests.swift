// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing
import Wyoming

/// Messages whose data are not what their type says.
@Suite struct WyomingFieldsTests {
  static let cases: [(frame: WyomingFrame, text: String)] = [
    (WyomingFrame("transcript"), "'text' is missing"),
    (WyomingFrame("transcript", ["text": 1]), "'text' is not a string"),
    (WyomingFrame("audio-stop", ["timestamp": "now"]), "'timestamp' is not a number"),
    (WyomingFrame("detect", ["names": ["a", 1]]), "'names' is not a list of strings"),
    (WyomingFrame("audio-start", ["rate": 16_000]), "rate, width or channels is missing"),
    (WyomingFrame("audio-start", ["rate": 0, "width": 2, "channels": 1]), "0 Hz, 2 bytes, 1 channels"),
    (WyomingFrame("synthesize", ["text": "a", "voice": "alloy"]), "'voice' is not an object"),
    (WyomingFrame("intent", ["name": "a", "entities": [["value": 1]]]), "an entity has no name"),
  ]

  @Test(arguments: cases.indices) func whatIsWrongIsNamed(_ index: Int) {
    let (frame, text) = Self.cases[index]
    let error = thrown(WyomingError.self) { try WyomingEvent(frame) }
    #expect(error.map { "\($0)".contains(text) } == true, "\(error.map { "\($0)" } ?? "")")
  }
}
