// SPDX-License-Identifier: Apache-2.0
import Automation
import TestSupport
import Testing
import Time

@Suite struct DebouncerTests {
  /// Raw edges and deadlines of a 5 ms debouncer, and what must be reported: (ms, level).
  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var edges: [(ms: Int, level: Bool)]
    var reports: [String]
  }

  @Test(arguments: [
    Course(testDescription: "a clean press", edges: [(0, true), (100, false)], reports: ["0+", "100-"]),
    Course(
      testDescription: "bouncing",
      edges: [(0, true), (1, false), (2, true), (100, false), (101, true), (102, false)],
      reports: ["0+", "100-"]),
    Course(
      testDescription: "a press shorter than the period", edges: [(0, true), (2, false)],
      reports: ["0+", "5-"]),
    Course(
      testDescription: "chatter for longer than the period",
      edges: [
        (0, true), (1, false), (2, true), (3, false), (4, true), (6, false), (7, true), (8, false), (9, true),
      ],
      reports: ["0+", "6-", "11+"]),
    Course(
      testDescription: "the same level twice", edges: [(0, false), (1, true), (50, true)], reports: ["1+"]),
  ])
  func reportsAtOnceThenSettles(_ course: Course) {
    #expect(run(course.edges, period: 5).map(\.text) == course.reports)
  }

  @Test func noPressIsLostWhenPressesAreFurtherApartThanThePeriod() {
    var random = Seed.generator()
    for _ in 0..<500 {
      var time = 0
      var edges: [(ms: Int, level: Bool)] = []
      let presses = Int.random(in: 1...50, using: &random)
      for _ in 0..<presses {
        for level in [true, false] {
          time += Int.random(in: 5...40, using: &random)
          edges.append((time, level))
        }
      }
      let reports = run(edges, period: 5)
      #expect(reports.count { $0.level } == presses)
      #expect(reports.count { !$0.level } == presses)
    }
  }

  @Test func anyChatterEndsAtItsFinalLevelAndReportsAlternateAPeriodApart() {
    var random = Seed.generator()
    for _ in 0..<500 {
      var time = 0
      let edges = (0..<Int.random(in: 1...200, using: &random)).map { _ -> (ms: Int, level: Bool) in
        time += Int.random(in: 0...8, using: &random)
        return (time, Bool.random(using: &random))
      }
      let reports = run(edges, period: 5)
      #expect((reports.last?.level ?? false) == edges.last?.level)
      for (before, after) in zip(reports, reports.dropFirst()) {
        #expect(before.level != after.level)
        #expect(after.ms - before.ms >= 5)
      }
    }
  }

  struct Report {
    var ms: Int
    var level: Bool
    var text: String { "\(ms)\(level ? "+" : "-")" }
  }

  /// Plays edges in order, with the timer as a driver would run it.
  private func run(_ edges: [(ms: Int, level: Bool)], period: Int) -> [Report] {
    var machine = Debouncer(period: .milliseconds(period), isActive: false)
    var reports: [Report] = []
    func settle(until limit: Int) {
      while let deadline = machine.nextDeadline, deadline.ms < limit {
        if let level = machine.settle(at: deadline) { reports.append(Report(ms: deadline.ms, level: level)) }
      }
    }
    for edge in edges {
      settle(until: edge.ms)
      if machine.edge(edge.level, at: Instant(ms: edge.ms)) {
        reports.append(Report(ms: edge.ms, level: edge.level))
      }
    }
    settle(until: .max)
    return reports
  }
}

extension Instant {
  init(ms: Int) { self.init(nanoseconds: UInt64(ms) * 1_000_000) }
  var ms: Int { Int(nanoseconds / 1_000_000) }
}
