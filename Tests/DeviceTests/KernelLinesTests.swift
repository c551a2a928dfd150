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
      let settings = LineSettings.input("bell", "0", chip: "lines-b", debounce: .milliseconds(20))
      let recorder = try await onLoop { LineRecorder([settings]) }
      for high in [true, false, true, false, true] { try board.pull(0, high: high) }
      #expect(try await eventually { recorder.edges.count == 2 })
      try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(60)) }
      #expect(try await onLoop { recorder.course } == "!-+")
      try board.pull(0, high: false)
      #expect(try await eventually { recorder.course == "!-+-" })
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

    @Test func aBurstThatOverflowsIsCountedAndEndsAtTheLevelOfTheLine() async throws {
      let board = try SimulatedChip("lines-e")
      let recorder = try await onLoop { LineRecorder([.input("bell", "0", chip: "lines-e")]) }
      // The loop is held meanwhile: nobody reads.
      try await onLoop { for index in 0..<1001 { try board.pull(0, high: index % 2 == 0) } }
      #expect(try await eventually { recorder.edges.last?.isActive == true && recorder.lines.lostEdges > 0 })
      let edges = try await onLoop { recorder.edges.dropFirst() }
      let lost = edges.reduce(0) { $0 + $1.lostBefore }
      #expect(try await onLoop { recorder.lines.lostEdges } == lost)
      if Library.numbersEdges {
        #expect(lost + edges.count == 1001)
        #expect(edges.count >= LineRequest.eventCapacity)
      }
      #expect(try await onLoop { recorder.texts.count } == 1)
      try board.pull(0, high: false)
      #expect(try await eventually { recorder.edges.last?.isActive == false })
      try await onLoop { recorder.driver.stop() }
    }

    @Test(arguments: [false, true])
    func outputsAreSafeAtStartAndAtExit(safeOn: Bool) async throws {
      let board = try SimulatedChip("lines-f")
      let recorder = try await onLoop {
        LineRecorder([.output("lamp", "3", chip: "lines-f", safeOn: safeOn)])
      }
      #expect(try board.isHigh(3) == safeOn)
      try await onLoop { recorder.driver.command("lamp", .set(!safeOn)) }
      #expect(try board.isHigh(3) != safeOn)
      // gpio-sim forgets a line's level when it is released, so look while it is still held.
      try await onLoop { recorder.lines.onEvent = nil }
      let path = "/dev/\(try board.name)"
      try await onLoop { recorder.driver.stop() }
      #expect(try Chip.open(path: path).line(3).consumer == nil)
    }
  }
}
