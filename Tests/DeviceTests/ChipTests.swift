// SPDX-License-Identifier: Apache-2.0
import GPIO
import Glibc
import Testing

extension DeviceTests {
  @Suite struct ChipTests {
    @Test func aChipIsFoundByItsLabelOrItsNameAndTellsItsLines() throws {
      let board = try SimulatedChip("chip-a", lines: 4, names: [2: "GPIO2"], hogs: [3: "fan"])
      let chip = try Chip.open("chip-a")
      #expect(chip.info.lineCount == 4)
      #expect(try chip.info.name == board.name)
      #expect(try Chip.open(board.name).info == chip.info)
      #expect(try Chip.open("/dev/\(board.name)").info == chip.info)
      #expect(try chip.offset(of: "GPIO2") == 2)
      #expect(try chip.offset(of: "3") == 3)
      #expect(try chip.line(2).name == "GPIO2")
      #expect(try chip.line(2).consumer == nil)
      #expect(try chip.line(3).consumer == "fan")
      #expect(try Chip.locate(chip: nil, line: "GPIO2").offset == 2)
    }

    @Test func theWrongNameIsRefusedWithTheNearest() throws {
      let board = try SimulatedChip("chip-b", lines: 4, names: [2: "GPIO17"], hogs: [:])
      let path = "/dev/\(try board.name)"
      #expect(throws: GPIOError.noChip("chip-c", available: ["chip-b"])) { _ = try Chip.open("chip-c") }
      #expect(throws: GPIOError.noLine("GPIO71", chip: "chip-b", nearest: "GPIO17", lineCount: 4)) {
        _ = try Chip.locate(chip: "chip-b", line: "GPIO71")
      }
      #expect(throws: GPIOError.noLine("4", chip: "chip-b", nearest: nil, lineCount: 4)) {
        _ = try Chip.locate(chip: nil, line: "4")
      }
      #expect(throws: GPIOError.noLine("9", chip: "chip-b", nearest: nil, lineCount: 4)) {
        _ = try LineRequest.open(path: path, offset: 9, LineConfiguration(.output(on: true)), consumer: "t")
      }
      let other = try SimulatedChip("chip-d")
      #expect(throws: GPIOError.offsetWithoutChip("1")) { _ = try Chip.locate(chip: nil, line: "1") }
      _ = other
    }

    @Test func aBusyLineNamesItsConsumerAndAFreedOneIsToBeHad() throws {
      let board = try SimulatedChip("chip-e", names: [1: "FAN"], hogs: [1: "fan-control"])
      let path = "/dev/\(try board.name)"
      let output = LineConfiguration(.output(on: true))
      #expect(throws: GPIOError.busy(line: "FAN", chip: "chip-e", consumer: "fan-control")) {
        _ = try LineRequest.open(path: path, offset: 1, output, consumer: "t")
      }
      let first = try LineRequest.open(path: path, offset: 2, output, consumer: "somebody")
      #expect(throws: GPIOError.busy(line: "2", chip: "chip-e", consumer: "somebody")) {
        _ = try LineRequest.open(path: path, offset: 2, output, consumer: "t")
      }
      first.close()
      _ = try LineRequest.open(path: path, offset: 2, output, consumer: "t")
    }

    @Test func withoutPermissionTheErrorNamesTheGroup() throws {
      let board = try SimulatedChip("chip-p")
      let path = "/dev/\(try board.name)"
      seteuid(65_534)
      defer { seteuid(0) }
      let output = LineConfiguration(.output(on: true))
      #expect(throws: GPIOError.permission(path: path)) {
        _ = try LineRequest.open(path: path, offset: 1, output, consumer: "t")
      }
      #expect(throws: GPIOError.permission(path: path)) { _ = try Chip.locate(chip: "chip-p", line: "1") }
      #expect("\(GPIOError.permission(path: path))".contains("Add the user to the group `gpio`"))
    }

    @Test(arguments: [false, true])
    func outputsShowTheirLevelFromTheFirstMomentAndInputsTheirBias(isActiveLow: Bool) throws {
      let board = try SimulatedChip("chip-f")
      let path = "/dev/\(try board.name)"
      let output = try LineRequest.open(
        path: path, offset: 0, LineConfiguration(.output(on: true), isActiveLow: isActiveLow), consumer: "t")
      #expect(try board.isHigh(0) != isActiveLow)
      #expect(try output.isActive())
      try output.set(false)
      #expect(try board.isHigh(0) == isActiveLow)
      #expect(try !output.isActive())
      let input = try LineRequest.open(
        path: path, offset: 1,
        LineConfiguration(.input(debounce: .zero), bias: .pullUp, isActiveLow: isActiveLow), consumer: "t")
      #expect(try board.isPulledHigh(1))
      #expect(try input.isActive() != isActiveLow)
      #expect(try Chip.open(path: path).line(1).bias == .pullUp)
      #expect(throws: GPIOError.self) { try input.set(true) }
    }

    /// The bias asked for, what the outside pulled before, and what is pulled then.
    @Test(arguments: [
      (LineBias.asIs, true, true), (.asIs, false, false), (.disabled, true, true), (.pullUp, false, true),
      (.pullDown, true, false),
    ])
    func theBiasIsThatOfTheRequest(bias: LineBias, before: Bool, after: Bool) throws {
      let board = try SimulatedChip("chip-i")
      try board.pull(1, high: before)
      let path = "/dev/\(try board.name)"
      let input = try LineRequest.open(
        path: path, offset: 1, LineConfiguration(.input(debounce: .zero), bias: bias), consumer: "t")
      #expect(try board.isPulledHigh(1) == after)
      #expect(try input.isActive() == after)
      #expect(try Chip.open(path: path).line(1).bias == bias)
    }

    @Test func edgesComeInOrderWithLevelsAndRisingTimes() throws {
      let board = try SimulatedChip("chip-g")
      let input = try LineRequest.open(
        path: "/dev/\(board.name)", offset: 0, LineConfiguration(.input(debounce: .zero)), consumer: "t")
      let buffer = EdgeBuffer()
      #expect(try input.readEdges(into: buffer) == 0)
      for high in [true, false, true] { try board.pull(0, high: high) }
      #expect(try input.readEdges(into: buffer) == 3)
      let edges = (0..<3).map { buffer[$0] }
      #expect(edges.map(\.isActive) == [true, false, true])
      #expect(edges[0].timestampNanoseconds < edges[1].timestampNanoseconds)
      #expect(edges[1].timestampNanoseconds < edges[2].timestampNanoseconds)
      #expect(edges.map(\.sequence) == (Library.numbersEdges ? [1, 2, 3] : [nil, nil, nil]))
    }

    @Test func aChipThatIsUnpluggedIsGone() throws {
      let board = try SimulatedChip("chip-h")
      let chip = try Chip.open("chip-h")
      let line = try LineRequest.open(
        path: chip.info.path, offset: 0, LineConfiguration(.output(on: true)), consumer: "t")
      try board.unplug()
      #expect(throws: GPIOError.gone(chip: "chip-h")) { try line.set(false) }
      #expect(throws: GPIOError.gone(chip: "chip-h")) { _ = try line.isActive() }
      #expect(throws: GPIOError.gone(chip: "chip-h")) { _ = try chip.line(0) }
      #expect(throws: GPIOError.noChip(chip.info.path, available: [])) {
        _ = try Chip.open(path: chip.info.path)
      }
    }
  }
}
