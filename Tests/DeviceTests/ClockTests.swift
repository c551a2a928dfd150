// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import TestSupport
import Testing
import Time

extension DeviceTests {
  /// The wall clock is really set: the rig's kernel has one of its own.
  @Suite(.serialized) struct ClockTests {
    private static let second: Int64 = 1_000_000_000
    /// 2027-03-01 00:00 UTC.
    private static let midnight: Int64 = 1_803_859_200 * second

    private static func set(_ wall: Int64) {
      var time = timespec(tv_sec: Int(wall / second), tv_nsec: Int(wall % second))
      #expect(clock_settime(CLOCK_REALTIME, &time) == 0)
    }

    /// Sets it back to what it was, and what has passed since.
    private func restoringClock(_ body: () async throws -> Void) async throws {
      let before = Stamp.now
      do {
        try await body()
        Self.set(before.moved(to: Stamp.now.monotonic).wall)
      } catch {
        Self.set(before.moved(to: Stamp.now.monotonic).wall)
        throw error
      }
    }

    @Test func aClockThatIsSetIsTold() async throws {
      try await restoringClock {
        let told = Locked(0)
        let watch = try await onLoop { try ClockWatch { told.withLock { $0 += 1 } } }
        for (number, hours) in [(1, 1), (2, -1), (3, 24 * 365), (4, -24 * 365)] as [(Int, Int64)] {
          Self.set(Stamp.now.wall + hours * 3600 * Self.second)
          #expect(try await eventually { told.withLock { $0 } == number }, "\(hours) h")
        }
        try await onLoop { watch.stop() }
        Self.set(Stamp.now.wall + 3600 * Self.second)
        try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(50)) }
        #expect(told.withLock { $0 } == 4)
      }
    }

    private static let configuration = """
      board: sim
      time_zone: UTC
      speaker: {device: "off"}
      gpio:
        button: {input: GPIO17}
        lamp: {output: GPIO5}
        porch: {output: GPIO6}
        siren: {output: GPIO7}
      automations:
        noon: {on: {time: "12:00"}, do: {toggle: lamp}}
        dusk:
          on: gpio.button.press
          do: [{set: siren, to: on}, {until: hour() >= 20, timeout: 24h}, {set: porch, to: on}]
      """

    @Test func timesOfDayFollowAClockThatIsSet() async throws {
      try await restoringClock {
        let directory = TemporaryDirectory()
        // As a board without a battery begins.
        Self.set(86_400 * Self.second)
        let board = try await onLoop { try Board(Self.configuration, state: directory.path) }
        try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(100)) }
        #expect(try await onLoop { !board.isOn("lamp") })
        // A time server sets it, half a second before noon.
        Self.set(Self.midnight + 12 * 3600 * Self.second - Self.second / 2)
        #expect(try await eventually { board.isOn("lamp") })
        // Put back, noon comes again: what was done is not done again.
        Self.set(Self.midnight + 12 * 3600 * Self.second - 2 * Self.second)
        try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(2300)) }
        #expect(try await onLoop { board.isOn("lamp") })
        // The next day it is.
        Self.set(Self.midnight + 36 * 3600 * Self.second - Self.second / 4)
        #expect(try await eventually { !board.isOn("lamp") })
        // Who waits for a time of day goes on when the clock is put past it.
        try await onLoop { board.push("button") }
        #expect(try await eventually { board.isOn("siren") && !board.isOn("porch") })
        Self.set(Self.midnight + 45 * 3600 * Self.second)
        #expect(try await eventually { board.isOn("porch") })
        try await onLoop { await board.daemon.stop() }
        let jumps = try Board.rows(directory.path).filter { $0.kind == "clock.jumped" }
        #expect(jumps.count == 4, "\(jumps.count)")
      }
    }
  }
}
