// SPDX-License-Identifier: Apache-2.0
import Automation
import Testing
import Time

@Suite struct OutputMachineTests {
  typealias Command = OutputMachine.Command

  struct Course: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var isOn = false
    var commands: [(ms: Int, command: Command)]
    /// `ms percent`
    var shown: [String]
  }

  @Test(arguments: [
    Course(
      testDescription: "set and toggle", commands: [(0, .set(true)), (1, .toggle), (2, .toggle)],
      shown: ["0 100", "1 0", "2 100"]),
    Course(
      testDescription: "a pulse", commands: [(0, .pulse(.milliseconds(500)))], shown: ["0 100", "500 0"]),
    Course(
      testDescription: "a pulse of a line that is on leaves it on", isOn: true,
      commands: [(0, .pulse(.milliseconds(500)))], shown: ["0 100"]),
    Course(
      testDescription: "a second pulse prolongs the first",
      commands: [(0, .pulse(.milliseconds(500))), (400, .pulse(.milliseconds(500)))],
      shown: ["0 100", "400 100", "900 0"]),
    Course(
      testDescription: "two blinks",
      commands: [(0, .blink(on: .milliseconds(100), off: .milliseconds(50), count: 2))],
      shown: ["0 100", "100 0", "150 100", "250 0"]),
    Course(
      testDescription: "blinking ends by setting",
      commands: [(0, .blink(on: .milliseconds(100), off: .milliseconds(50), count: 0)), (120, .set(true))],
      shown: ["0 100", "100 0", "120 100"]),
    Course(
      testDescription: "a blink shorter than a millisecond is slowed",
      commands: [(0, .blink(on: .zero, off: .zero, count: 2))], shown: ["0 100", "1 0", "2 100", "3 0"]),
    Course(
      testDescription: "a heartbeat, then off",
      commands: [(0, .pattern(.heartbeat)), (1100, .set(false))],
      shown: ["0 100", "70 0", "200 100", "270 0", "1000 100", "1070 0", "1100 0"]),
  ])
  func commandsBecomeCourses(_ course: Course) {
    var machine = OutputMachine(isOn: course.isOn)
    var shown: [String] = []
    func wait(until limit: Int) {
      while let deadline = machine.nextDeadline, deadline.ms <= limit {
        if let percent = machine.advance(to: deadline) { shown.append("\(deadline.ms) \(percent)") }
      }
    }
    for (ms, command) in course.commands {
      wait(until: ms)
      shown.append("\(ms) \(machine.handle(command, at: Instant(ms: ms)))")
    }
    wait(until: 100_000)
    #expect(shown == course.shown)
  }

  @Test(arguments: [true, false])
  func breathingShowsBrightnessOrModulatesIt(hasBrightness: Bool) {
    var machine = OutputMachine(isOn: false, hasBrightness: hasBrightness)
    var changes = [(ms: 0, percent: machine.handle(.pattern(.breathe), at: .zero))]
    while let deadline = machine.nextDeadline, deadline.ms < 3000 {
      if let percent = machine.advance(to: deadline) { changes.append((deadline.ms, percent)) }
    }
    changes.append((3000, 0))
    let isPlain = changes.allSatisfy { $0.percent == 0 || $0.percent == 100 }
    #expect(isPlain == !hasBrightness)
    // The same light either way: the mean of squares up to 1 is a third.
    let light = zip(changes, changes.dropFirst()).reduce(0) { $0 + $1.0.percent * ($1.1.ms - $1.0.ms) }
    #expect((28...42).contains(light / 3000))
  }
}
