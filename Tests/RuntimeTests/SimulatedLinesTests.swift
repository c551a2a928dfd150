// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Runtime
import Simulation
import TestSupport
import Testing
import Time

@Suite struct SimulatedLinesTests {
  @Test func aScriptedDoubleClickReachesItsGestureAndSwitchesAnOutput() async throws {
    let board = try await onLoop { SimulatedBoard() }
    try await onLoop {
      board.driver.onGesture = { [unowned board] line, gesture, instant in
        board.gestures.append("\(line) \(gesture.rawValue)")
        if gesture == .double { board.driver.command("lamp", .toggle, at: instant) }
      }
      board.driver.start()
      board.lines.click("bell", times: 2)
    }
    #expect(try await eventually { board.gestures.last == "bell double" })
    try await onLoop {
      #expect(board.gestures == ["bell press", "bell release", "bell press", "bell release", "bell double"])
      #expect(board.lines.isOn("lamp") == true)
      #expect(board.driver.state().map(\.edges) == [4, 0, 0])
      board.driver.stop()
    }
  }

  @Test func aThousandClicksAreAllSeen() async throws {
    let board = try await onLoop { SimulatedBoard() }
    try await onLoop {
      board.driver.onGesture = { [unowned board] _, gesture, _ in board.gestures.append(gesture.rawValue) }
      board.driver.start()
      for _ in 0..<1000 {
        board.lines.drive("bell", true)
        board.lines.drive("bell", false)
      }
      #expect(board.gestures.count { $0 == "press" } == 1000)
      #expect(board.gestures.count == 2000)
    }
    #expect(try await eventually { board.gestures.last == "multi" })
    try await onLoop { board.driver.stop() }
  }

  @Test func aBlinkReturnsToTheSteadyLevelAndTheSafeStateComesAtTheEnd() async throws {
    let board = try await onLoop { SimulatedBoard() }
    try await onLoop {
      board.driver.start()
      board.driver.command("siren", .set(false))
      board.driver.command("lamp", .blink(on: .milliseconds(2), off: .milliseconds(1), count: 3))
    }
    #expect(try await eventually { board.shown("lamp") == [0, 100, 0, 100, 0, 100, 0] })
    try await onLoop {
      #expect(board.driver.state().allSatisfy { !$0.isBusy })
      board.driver.stop()
      #expect(board.shown("siren") == [100, 0, 100])
    }
  }

  @Test func aLineThatIsAwayRefusesAndComesBack() async throws {
    let board = try await onLoop { SimulatedBoard() }
    try await onLoop {
      var texts: [String] = []
      board.driver.onEvent = { texts.append($0) }
      board.driver.start()
      board.lines.setAway("lamp", true)
      board.lines.setAway("lamp", true)
      #expect(!board.driver.command("lamp", .set(true)))
      #expect(board.driver.state().map(\.isOn) == [false, nil, true])
      board.lines.setAway("lamp", false)
      #expect(board.driver.command("lamp", .set(true)))
      #expect(texts == ["line lamp: simulated loss", "line lamp is back"])
      #expect(!board.driver.command("bell", .set(true)))
      #expect(!board.driver.command("nothing", .set(true)))
      board.driver.stop()
    }
  }
}

/// A bell, a lamp and a siren that is on while nobody says otherwise.
@LoopActor private final class SimulatedBoard {
  let lines = SimulatedLines()
  let driver: LineDriver
  var gestures: [String] = []
  private var changes: [(line: String, percent: Int)] = []

  init() {
    var siren = LineSettings(name: "siren", direction: .output, line: "2")
    siren.safeOn = true
    var bell = LineSettings(name: "bell", direction: .input, line: "0")
    // A busy machine may stretch the script.
    bell.clickGap = .seconds(6)
    bell.holdTime = .seconds(15)
    driver = LineDriver(
      lines,
      settings: [
        bell, LineSettings(name: "lamp", direction: .output, line: "1"), siren,
      ])
    lines.onOutput = { [unowned self] line, percent, _ in changes.append((line, percent)) }
  }

  func shown(_ line: String) -> [Int] { changes.filter { $0.line == line }.map(\.percent) }
}
