// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Loop
import Store
import TestSupport
import Testing

extension DeviceTests {
  /// A whole daemon on a disk that is full, or that nobody may write to: automations run on, what could not
  /// be stored is counted, and all is as before when there is room again.
  @Suite struct DiskTests {
    private static let configuration = """
      board: sim
      speaker: {device: "off"}
      store: {head_rows: 8}
      gpio:
        button: {input: GPIO17}
        gate: {input: GPIO18}
        lamp: {output: GPIO5}
        porch: {output: GPIO6}
        siren: {output: GPIO7}
      notifications:
        nobody: {url: "http://127.0.0.1:9/"}
      automations:
        plain: {on: gpio.button.press, mode: parallel, max: 64, do: {toggle: lamp}}
        durable: {on: gpio.gate.press, do: [{set: porch, to: on}, {wait: 20ms}, {set: siren, to: on}]}
        owing: {on: gpio.gate.release, do: [{notify: nobody, text: hello}, {set: porch, to: off}]}
      """

    /// Both automations do all their steps, whatever becomes of what they want to have stored.
    private func work(_ board: Board) async throws {
      try await onLoop {
        for line in ["porch", "siren"] { _ = board.daemon.lines.command(line, .set(false)) }
      }
      let before = try await onLoop { board.isOn("lamp") }
      try await onLoop { board.push("button") }
      #expect(try await eventually { board.isOn("lamp") != before })
      try await onLoop { _ = board.lines.drive("gate", true) }
      #expect(try await eventually { board.isOn("porch") && board.isOn("siren") })
      try await onLoop { _ = board.lines.drive("gate", false) }
      #expect(try await eventually { !board.isOn("porch") })
      #expect(try await eventually { board.daemon.automations.running.isEmpty })
    }

    /// What the journal says was not stored.
    private func told(_ rows: [JournalRow]) throws -> Int64 {
      try rows.filter { $0.kind == "store.gap" }.reduce(0) { sum, row in
        let body = try JSONText.value(row.body).objectValue
        let lost = body?["lost"]?.objectValue?.members ?? []
        return sum + lost.reduce(0) { $0 + ($1.value.integerValue ?? 0) }
      }
    }

    private func status(_ board: Board) async throws -> StoreStatus {
      try await onLoop { board.daemon.store?.status ?? StoreStatus() }
    }

    private func check(_ state: String, unstored: Int) throws {
      let rows = try Board.rows(state)
      #expect(try told(rows) == Int64(unstored))
      let verification = try JournalReader.open(StorePaths(directory: state).main).verify()
      #expect(verification.faults.isEmpty && verification.losses.isEmpty, "\(verification.faults)")
    }

    @Test func aFullDiskStopsNothingAndIsToldWhenThereIsRoom() async throws {
      let disk = try SmallDisk("size=3m")
      let board = try await onLoop { try Board(Self.configuration, state: disk.path) }
      try await work(board)
      #expect(try await status(board).isOpen)
      try disk.fill()
      // There is some room left in files that have grown already.
      var rounds = 0
      while try await status(board).unstored < 20, rounds < 500 {
        try await work(board)
        rounds += 1
      }
      #expect(try await status(board).unstored >= 20, "\(rounds) rounds")
      #expect(try await onLoop { board.daemon.store?.status.problem } != nil)
      disk.free()
      try await work(board)
      #expect(
        try await eventually(within: .seconds(20)) {
          board.push("button")
          return board.daemon.store?.status.problem == nil
        })
      let unstored = try await status(board).unstored
      try await work(board)
      #expect(try await status(board).unstored == unstored)
      try await onLoop { await board.daemon.stop() }
      try check(disk.path, unstored: unstored)
    }

    @Test func aDiskThatIsReadOnlyAtStartIsUsedOnceItCanBeWritten() async throws {
      let disk = try SmallDisk("size=8m")
      try disk.remount(readOnly: true)
      let board = try await onLoop { try Board(Self.configuration, state: disk.path) }
      for _ in 0..<3 { try await work(board) }
      #expect(try await !status(board).isOpen)
      #expect(try await status(board).unstored > 10)
      try disk.remount(readOnly: false)
      #expect(
        try await eventually(within: .seconds(20)) {
          board.push("button")
          return board.daemon.store?.status.isOpen == true
        })
      try await work(board)
      let unstored = try await status(board).unstored
      try await onLoop { await board.daemon.stop() }
      try check(disk.path, unstored: unstored)
      // The next start finds it as it should be, and what is owed is still owed.
      let next = try await onLoop { try Board(Self.configuration, state: disk.path) }
      try await work(next)
      #expect(
        try await onLoop { try await next.daemon.store?.owed(channel: "notify/nobody").count ?? 0 } >= 2)
      try await onLoop { await next.daemon.stop() }
    }
  }
}
