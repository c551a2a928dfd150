// SPDX-License-Identifier: Apache-2.0
import Testing
import Time

@testable import Store

@Suite struct CommitPaceTests {
  @Test(
    arguments: [
      ("at first nobody knows", [], false), ("one is not enough", [60], false),
      ("a quick disk", .init(repeating: 60, count: 12), true),
      ("one stall", .init(repeating: 60, count: 40) + [9000], true),
      ("stalls in a row", .init(repeating: 60, count: 40) + [9000, 9000, 9000, 9000, 9000], false),
      ("quick again", .init(repeating: 9000, count: 40) + .init(repeating: 60, count: 12), true),
      ("an SD card", .init(repeating: 5000, count: 40), false),
      ("an SD card, and now and then a quick one", .init(repeating: 5000, count: 40) + [60, 60, 60], false),
    ] as [(String, [Int64], Bool)])
  func commitsAreQuickOrNot(_ name: String, _ microseconds: [Int64], _ isQuick: Bool) {
    var pace = CommitPace()
    for took in microseconds { pace.add(.microseconds(took)) }
    #expect(pace.isQuick == isQuick, "\(name): \(pace)")
  }
}
