// SPDX-License-Identifier: Apache-2.0
import Automation
import GPIO
import Glibc
import Loop
import Runtime
import TestSupport
import Testing
import Time

extension DeviceTests {
  @Suite struct KernelLinesTests {
    @Test func theFirstLevelIsToldAndThenEachEdge() async throws {
      let board = try SimulatedChip("lines-a", names: [0: "BELL"])
      try board.pull(0, high: true)
      let recorder = try await onLoop { LineRecorder([.input("bell", "BELL", chip: "lines-a")]) }
      #expect(try await onLoop { recorder.course } == "!+")
      for high in [false, true, false] { try board.pull(0, high: high) }
      #expect(try await eventually { recorder.course == "!+-+-" })
      #expect(try await onLoop { recorder.lines.isOn("bell") } == false)
      try await onLoop { recorder.driver.stop() }
      #expect(try Chip.open("lines-a").line(0).consumer == nil)
    }

    @Test func bouncingIsOnePressAndEndsAtTheFinalLevel() async throws {
      let board = try SimulatedChip("lines-b")
      let settings = LineSettings.input("bell", "0", chip: "lines-b", debounce: .milliseconds(200))
      let recorder = try await onLoop { LineRecorder([settings]) }
      for high in [true, false, true, false, true] { try board.pull(0, high: high) }
      #expect(try await eventually { recorder.edges.count == 2 })
      // A glitch that is over before it counts.
      for high in [false, true] { try board.pull(0, high: high) }
      try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(400)) }
      #expect(try await onLoop { recorder.course } == "!-+")
      try board.pull(0, high: false)
      #expect(try await eventually { recorder.course == "!-+-" })
      try await onLoop { recorder.driver.stop() }
    }

    @Test func anActiveLowInputIsOnWhileItsVoltageIsLow() async throws {
      let board = try SimulatedChip("lines-h")
      try board.pull(0, high: true)
      var settings = LineSettings.input("door", "0", chip: "lines-h")
      settings.activeLow = true
      let wanted = settings
      let recorder = try await onLoop { LineRecorder([wanted]) }
      for high in [false, true, false] { try board.pull(0, high: high) }
      #expect(try await eventually { recorder.course == "!-+-+" })
      #expect(try await onLoop { recorder.lines.isOn("door") } == true)
      try await onLoop { recorder.driver.stop() }
    }

    @Test func aBusyLineIsToldOnceWithItsConsumerAndTakenWhenItIsFree() async throws {
      let board = try SimulatedChip("lines-c", names: [1: "LAMP"])
      let other = try LineRequest.open(
        path: "/dev/\(board.name)", offset: 1, LineConfiguration(.output(on: false)),
        consumer: "other-program")
      let recorder = try await onLoop {
        LineRecorder([.input("bell", "0", chip: "lines-c"), .output("lamp", "LAMP", chip: "lines-c")])
      }
      // Only the busy line is missing; what was asked of it is done when it comes.
      #expect(try await onLoop { recorder.course } == "!-")
      #expect(try await onLoop { recorder.driver.command("lamp", .set(true)) } == false)
      try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(400)) }
      let texts = try await onLoop { recorder.texts }
      #expect(texts.count == 1)
      #expect(texts.first?.contains("line LAMP on lines-c is busy (held by 'other-program')") == true)
      other.close()
      #expect(try await eventually { recorder.texts.last == "line lamp is back" })
      #expect(try board.isHigh(1))
      try await onLoop { recorder.driver.stop() }
    }

    @Test func linesWithoutPermissionAreToldWithTheGroupAndTakenOnceItIsGiven() async throws {
      let board = try SimulatedChip("lines-p")
      let path = "/dev/\(try board.name)"
      seteuid(65_534)
      let recorder = try await onLoop {
        LineRecorder([.input("bell", "0", chip: "lines-p"), .output("lamp", "1", chip: "lines-p")])
      }
      let texts = try await onLoop { recorder.texts }
      seteuid(0)
      #expect(texts == ["bell", "lamp"].map { "line \($0): \(GPIOError.permission(path: path))" })
      #expect(texts.allSatisfy { $0.contains("Add the user to the group `gpio`") })
      #expect(try await eventually { recorder.texts.filter { $0.hasSuffix(" is back") }.count == 2 })
      try await onLoop { recorder.driver.stop() }
    }

    @Test func aReloadTouchesOnlyTheLinesThatHaveChanged() async throws {
      let board = try SimulatedChip("lines-g")
      let lamp = LineSettings.output("lamp", "0", chip: "lines-g")
      let bell = LineSettings.input("bell", "1", chip: "lines-g")
      let door = LineSettings.output("door", "2", chip: "lines-g", safeOn: true)
      let recorder = try await onLoop { LineRecorder([lamp, bell, door]) }
      let path = "/dev/\(try board.name)"
      try await onLoop { recorder.driver.command("lamp", .set(true)) }
      try board.pull(1, high: true)
      #expect(try await eventually { recorder.course == "!-+" })
      let hall = LineSettings.output("hall", "2", chip: "lines-g")
      try await onLoop { recorder.driver.replace([bell, hall, lamp]) }
      // The level of a line that is let go and requested again would be lost; an input would be told anew.
      #expect(try board.isHigh(0))
      #expect(try !board.isHigh(2))
      #expect(try await onLoop { recorder.course } == "!-+")
      try board.pull(1, high: false)
      #expect(try await eventually { recorder.course == "!-+-" })
      try await onLoop { recorder.driver.replace([bell]) }
      #expect(try Chip.open(path: path).line(0).consumer == nil)
      #expect(try Chip.open(path: path).line(1).consumer == "mtor-test")
      try await onLoop { recorder.driver.stop() }
    }

    @Test func anUnpluggedChipIsToldOnceAndUsedAgainWhenItIsBack() async throws {
      let board = try SimulatedChip("lines-d")
      let recorder = try await onLoop {
        LineRecorder([.input("bell", "0", chip: "lines-d"), .output("lamp", "1", chip: "lines-d")])
      }
      try await onLoop { recorder.driver.command("lamp", .set(true)) }
      try board.unplug()
      #expect(try await eventually { recorder.texts.contains { $0.hasPrefix("line bell: ") } })
      #expect(try await onLoop { recorder.driver.command("lamp", .set(true)) } == false)
      #expect(try await onLoop { recorder.driver.state().map(\.isOn) } == [nil, nil])
      try board.plugIn()
      #expect(try await eventually { recorder.texts.filter { $0.hasSuffix(" is back") }.count == 2 })
      #expect(try board.isHigh(1))
      try board.pull(0, high: true)
      #expect(try await eventually { recorder.course == "!-!-+" })
      // gone, no chip, back: three texts for each line at most, not one for each attempt
      #expect(try await onLoop { recorder.texts.count } <= 6)
      try await onLoop { recorder.driver.stop() }
    }

    @Test func aLineThatSomebodyTookWhileItsChipWasAwayIsTakenWhenItIsFree() async throws {
      let board = try SimulatedChip("lines-i", names: [1: "HEATER"])
      let recorder = try await onLoop { LineRecorder([.output("heater", "HEATER", chip: "lines-i")]) }
      try await onLoop { recorder.driver.command("heater", .set(true)) }
      try board.unplug()
      #expect(try await onLoop { recorder.driver.command("heater", .set(true)) } == false)
      // The loop is held: the thief comes first.
      let thief = try await onLoop {
        try board.plugIn()
        return Held(
          try LineRequest.open(
            path: "/dev/\(board.name)", offset: 1, LineConfiguration(.output(on: false)), consumer: "thief"))
      }
      #expect(try await eventually { recorder.texts.last?.contains("(held by 'thief')") == true })
      #expect(try !board.isHigh(1))
      thief.release()
      #expect(try await eventually { recorder.texts.last == "line heater is back" })
      #expect(try board.isHigh(1))
      try await onLoop { recorder.driver.stop() }
    }

    @Test func aChipThatComesBackUnderAnotherNumberIsFoundByItsLabel() async throws {
      let board = try SimulatedChip("lines-j")
      let recorder = try await onLoop { LineRecorder([.input("bell", "0", chip: "lines-j")]) }
      let name = try board.name
      try board.unplug()
      #expect(try await eventually { recorder.lines.isOn("bell") == nil })
      let newcomer = try SimulatedChip("lines-k")
      try board.plugIn()
      #expect(try board.name != name && newcomer.name == name)
      #expect(try await eventually { recorder.texts.last == "line bell is back" })
      try board.pull(0, high: true)
      #expect(try await eventually { recorder.course == "!-!-+" })
      try await onLoop { recorder.driver.stop() }
    }

    /// libgpiod 2 numbers the edges and keeps the last 256: each loss is counted. libgpiod 1 keeps the
    /// first 16 without numbers: a loss is seen only where the line is at another level than they end.
    @Test(arguments: [1000, 1001])
    func aBurstThatNobodyReadsEndsAtTheLevelOfTheLineAndItsLossIsCounted(count: Int) async throws {
      let board = try SimulatedChip("lines-e")
      let recorder = try await onLoop { LineRecorder([.input("bell", "0", chip: "lines-e")]) }
      // The loop is held meanwhile: nobody reads.
      try await onLoop { for index in 0..<count { try board.pull(0, high: index % 2 == 0) } }
      let (read, lost) =
        Library.numbersEdges
        ? (LineRequest.eventCapacity, count - LineRequest.eventCapacity) : (16 + count % 2, count % 2)
      #expect(try await eventually { recorder.edges.count == 1 + read })
      let edges = try await onLoop { recorder.edges.dropFirst() }
      #expect(edges.reduce(0) { $0 + $1.lostBefore } == lost)
      #expect(try await onLoop { recorder.lines.lostEdges } == lost)
      #expect(edges.last?.isActive == (count % 2 == 1))
      #expect(try await onLoop { recorder.texts.count } == min(1, lost))
      let isTold = Library.missing.contains { $0.contains("lost edges are noticed by level only") }
      #expect(isTold != Library.numbersEdges)
      // From here on all is as before.
      try board.pull(0, high: count % 2 == 0)
      #expect(try await eventually { recorder.edges.last?.isActive == (count % 2 == 0) })
      #expect(try await onLoop { recorder.edges.last?.lostBefore } == 0)
      try await onLoop { recorder.driver.stop() }
    }

    @Test(arguments: [false, true])
    func outputsAreSafeAtStartAndAtExit(safeOn: Bool) async throws {
      let board = try SimulatedChip("lines-f")
      let trace = try LevelTrace(board)
      let recorder = try await onLoop {
        LineRecorder([.output("lamp", "3", chip: "lines-f", safeOn: safeOn)])
      }
      #expect(try board.isHigh(3) == safeOn)
      try await onLoop { recorder.driver.command("lamp", .set(!safeOn)) }
      #expect(try board.isHigh(3) != safeOn)
      try await onLoop { recorder.driver.stop() }
      #expect(try Chip.open("lines-f").line(3).consumer == nil)
      #expect(try trace.levels(of: 3) == [safeOn, !safeOn, safeOn])
    }
  }
}

/// A line held by somebody else.
private final class Held: @unchecked Sendable {
  // SAFETY: made on the loop, released by the test that waited for it.
  private var request: LineRequest?

  init(_ request: consuming LineRequest) { self.request = consume request }

  func release() { request = nil }
}
