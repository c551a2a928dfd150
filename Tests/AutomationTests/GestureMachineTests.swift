// SPDX-License-Identifier: Apache-2.0
import Automation
import TestSupport
import Testing
import Time

@Suite struct GestureMachineTests {
  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var kind = LineSettings.Kind.button
    var repeats: Int?
    var begin: Bool?
    /// Instants in ms at which the level changes: up, down, up, …
    var edges: [Int]
    var until = 100_000
    /// `ms gesture`
    var gestures: [String]
  }

  @Test(arguments: [
    Course(testDescription: "a click", edges: [0, 100], gestures: ["0 press", "100 release", "450 click"]),
    Course(
      testDescription: "a double click", edges: [0, 50, 150, 200],
      gestures: ["0 press", "50 release", "150 press", "200 release", "550 double"]),
    Course(
      testDescription: "a triple click", edges: [0, 50, 150, 200, 300, 350],
      gestures: [
        "0 press", "50 release", "150 press", "200 release", "300 press", "350 release", "700 triple",
      ]),
    Course(
      testDescription: "four clicks", edges: [0, 1, 2, 3, 4, 5, 6, 7],
      gestures: [
        "0 press", "1 release", "2 press", "3 release", "4 press", "5 release", "6 press", "7 release",
        "357 multi",
      ]),
    Course(
      testDescription: "clicks too far apart for a double", edges: [0, 50, 401, 450],
      gestures: ["0 press", "50 release", "400 click", "401 press", "450 release", "800 click"]),
    Course(
      testDescription: "a hold, told while held", edges: [0, 2000],
      gestures: ["0 press", "800 hold", "2000 release"]),
    Course(
      testDescription: "a hold that repeats", repeats: 500, edges: [0, 2000],
      gestures: ["0 press", "800 hold", "1300 hold", "1800 hold", "2000 release"]),
    Course(
      testDescription: "click, then hold", edges: [0, 50, 150, 1200],
      gestures: ["0 press", "50 release", "150 press", "950 click", "950 hold", "1200 release"]),
    Course(
      testDescription: "a button held at start", begin: true, edges: [2000, 3000, 3100],
      gestures: ["800 hold", "2000 release", "3000 press", "3100 release", "3450 click"]),
    Course(
      testDescription: "a button let go soon after start is no click", begin: true, edges: [100],
      gestures: ["100 release"]),
    Course(
      testDescription: "the first click after start counts", begin: false, edges: [5, 10],
      gestures: ["5 press", "10 release", "360 click"]),
    Course(
      testDescription: "a contact", kind: .contact, edges: [0, 5000], gestures: ["0 press", "5000 release"]),
    Course(
      testDescription: "motion with an off-delay", kind: .motion, edges: [0, 3000],
      gestures: ["0 press", "0 motion", "3000 release", "33000 no_motion"]),
    Course(
      testDescription: "motion again within the delay", kind: .motion, edges: [0, 3000, 20_000, 21_000],
      gestures: [
        "0 press", "0 motion", "3000 release", "20000 press", "21000 release", "51000 no_motion",
      ]),
    Course(
      testDescription: "somebody is there at start", kind: .motion, begin: true, edges: [1000],
      gestures: ["0 motion", "1000 release", "31000 no_motion"]),
  ])
  func edgesBecomeGestures(_ course: Course) {
    #expect(run(course) == course.gestures)
  }

  @Test func aThousandClicksInASecondAreAllPressesAndOneMulti() {
    let course = Course(testDescription: "", edges: Array(0..<2000).map { $0 / 2 }, gestures: [])
    let gestures = run(course).map { $0.split(separator: " ")[1] }
    #expect(gestures.count { $0 == "press" } == 1000)
    #expect(gestures.count { $0 == "release" } == 1000)
    #expect(gestures.last == "multi")
    #expect(gestures.count == 2001)
  }

  @Test func anySequenceOfEdgesGivesEachPressItsReleaseAndEndsEachClickOnce() {
    var random = Seed.generator()
    for _ in 0..<500 {
      var time = 0
      let edges = (0..<2 * Int.random(in: 0...40, using: &random)).map { _ -> Int in
        time += Int.random(in: 0...1200, using: &random)
        return time
      }
      let gestures = run(Course(testDescription: "", repeats: 300, edges: edges, until: .max, gestures: []))
        .map { $0.split(separator: " ")[1] }
      #expect(gestures.count { $0 == "press" } == edges.count / 2)
      #expect(
        gestures.filter { $0 == "press" || $0 == "release" }.enumerated().allSatisfy {
          $0.element == ($0.offset % 2 == 0 ? "press" : "release")
        })
      let short = stride(from: 0, to: edges.count, by: 2).count { edges[$0 + 1] - edges[$0] < 800 }
      #expect(clicks(gestures) <= short)
      #expect((clicks(gestures) == 0) == (short == 0))
    }
  }

  @Test func aStallOfTheDriverGivesOneRepeatNotMany() {
    var settings = LineSettings(name: "b", direction: .input, line: "1")
    settings.holdRepeat = .milliseconds(100)
    var machine = GestureMachine(settings)
    #expect(machine.handle(true, at: .zero) == [.press])
    #expect(machine.advance(to: Instant(ms: 60_000)) == [.hold])
    #expect(machine.nextDeadline == Instant(ms: 60_100))
  }

  private func clicks(_ gestures: [Substring]) -> Int {
    gestures.count { ["click", "double", "triple", "multi"].contains($0) }
  }

  private func run(_ course: Course) -> [String] {
    var settings = LineSettings(name: "line", direction: .input, line: "17")
    settings.kind = course.kind
    settings.holdRepeat = course.repeats.map { .milliseconds($0) }
    var machine = GestureMachine(settings)
    var told: [String] = []
    func note(_ gestures: Gestures, _ ms: Int) { told += gestures.map { "\(ms) \($0.rawValue)" } }
    func wait(until limit: Int) {
      while let deadline = machine.nextDeadline, deadline.ms <= limit {
        note(machine.advance(to: deadline), deadline.ms)
      }
    }
    var level = course.begin ?? false
    if let begin = course.begin { note(machine.begin(begin, at: .zero), 0) }
    for edge in course.edges {
      wait(until: edge)
      level.toggle()
      note(machine.handle(level, at: Instant(ms: edge)), edge)
    }
    wait(until: course.until)
    return told
  }
}
