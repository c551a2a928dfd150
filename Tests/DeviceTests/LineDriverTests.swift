// SPDX-License-Identifier: Apache-2.0
import Automation
import Loop
import Runtime
import TestSupport
import Testing
import Time

extension DeviceTests {
  @Suite struct LineDriverTests {
    @Test func aClickAHoldAndAButtonHeldAtStartAreTold() async throws {
      let board = try SimulatedChip("driver-a")
      var bell = LineSettings.input("bell", "0", chip: "driver-a", debounce: .milliseconds(2))
      var held = LineSettings.input("held", "1", chip: "driver-a")
      for path in [\LineSettings.clickGap, \.holdTime] {
        bell[keyPath: path] = .milliseconds(100)
        held[keyPath: path] = .milliseconds(100)
      }
      try board.pull(1, high: true)
      let settings = [bell, held]
      let recorder = try await onLoop { LineRecorder(settings) }
      #expect(try await eventually { recorder.gestures == ["held hold"] })
      try board.pull(0, high: true)
      try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(10)) }
      try board.pull(0, high: false)
      #expect(try await eventually { recorder.gestures.last == "bell click" })
      try board.pull(0, high: true)
      #expect(try await eventually { recorder.gestures.last == "bell hold" })
      #expect(
        try await onLoop { recorder.gestures } == [
          "held hold", "bell press", "bell release", "bell click", "bell press", "bell hold",
        ])
      try await onLoop { recorder.driver.stop() }
    }

    @Test func aPressSwitchesAnOutputForAWhile() async throws {
      let board = try SimulatedChip("driver-b", names: [0: "BELL", 1: "LAMP"])
      let recorder = try await onLoop {
        let recorder = LineRecorder([
          .input("bell", "BELL", chip: "driver-b"), .output("lamp", "LAMP", chip: "driver-b"),
        ])
        let driver = recorder.driver
        driver.onGesture = { [unowned driver] _, gesture, _ in
          if gesture == .press { driver.command("lamp", .pulse(.milliseconds(100))) }
        }
        return recorder
      }
      try board.pull(0, high: true)
      #expect(try await eventually { try board.isHigh(1) })
      #expect(try await eventually { try !board.isHigh(1) })
      #expect(try await onLoop { recorder.driver.command("bell", .toggle) } == false)
      #expect(try await onLoop { recorder.driver.command("none", .toggle) } == false)
      #expect(try await onLoop { recorder.driver.state().map(\.edges) } == [1, 0])
      try await onLoop { recorder.driver.stop() }
    }
  }
}
