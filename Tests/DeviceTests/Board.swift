// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Runtime
import Simulation
import Store
import TestSupport

/// A daemon with a store on simulated lines, in the rig's kernel, where the clock and the disk are ours.
@LoopActor final class Board {
  let daemon: Daemon
  let lines = SimulatedLines()
  private let directory = TemporaryDirectory()

  init(_ text: String, state: String) throws {
    let settings = try ConfigurationReader().read(text: text, name: "test.yml")
    daemon = try Daemon(
      settings, devices: Devices(microphone: nil, speaker: nil, lines: lines), directory: directory.path,
      state: state)
    try daemon.start()
  }

  func isOn(_ line: String) -> Bool { lines.isOn(line) == true }

  /// A press and its release.
  func push(_ line: String) {
    _ = lines.drive(line, true)
    _ = lines.drive(line, false)
  }

  nonisolated static func rows(_ state: String) throws -> [JournalRow] {
    var rows: [JournalRow] = []
    _ = try JournalReader.open(StorePaths(directory: state).main).visit(after: 0) { row in
      rows.append(row)
      return true
    }
    return rows
  }
}

/// A small file system of its own, gone with this object.
final class SmallDisk: Sendable {
  private let folder = TemporaryDirectory()
  var path: String { folder.path }

  /// - Parameter options: of tmpfs(5).
  init(_ options: String) throws {
    if mount("tmpfs", path, "tmpfs", 0, options) != 0 { throw DiskError(action: "mount", code: errno) }
  }

  func remount(readOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
    if mount("tmpfs", path, "tmpfs", flags, nil) != 0 { throw DiskError(action: "remount", code: errno) }
  }

  /// Takes all the room there is.
  func fill() throws {
    let fd = open("\(path)/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard fd >= 0 else { throw DiskError(action: "fill", code: errno) }
    defer { close(fd) }
    for size in [65536, 4096, 1] {
      let bytes = [UInt8](repeating: 1, count: size)
      while write(fd, bytes, size) > 0 {}
    }
  }

  func free() { unlink("\(path)/filler") }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  struct DiskError: Error {
    var action: String
    var code: Int32
  }
}
