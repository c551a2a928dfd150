// SPDX-License-Identifier: Apache-2.0
import Spelling
import Testing

@Suite struct SpellingTests {
  @Test(arguments: [
    ("mic", "mic", 0), ("mci", "mic", 1), ("", "abc", 3), ("defualt", "default", 1), ("light", "lihgts", 2),
    (String(repeating: "a", count: 65), "a", 65),
  ])
  func distanceCountsEdits(_ a: String, _ b: String, _ edits: Int) {
    #expect(Spelling.distance(a, b) == edits)
    #expect(Spelling.distance(b, a) == edits)
  }

  @Test func theNearestComeFirstAndTheFarNotAtAll() {
    let names = ["hw:Device", "hw:Devices", "", "default", "hw:Device"]
    #expect(Spelling.nearest(to: "HW:Devise", in: names, count: 2) == ["hw:Device", "hw:Devices"])
    #expect(Spelling.nearest(to: "HW:Devise", in: names, limit: 0) == nil)
    #expect(Spelling.nearest(to: "dft", in: names) == nil)
  }
}
