// SPDX-License-Identifier: Apache-2.0
import Glibc
import Runtime

/// The installed unit `mtor.service` with a configuration of one test, running. Stopped when the last
/// reference goes.
final class Service: Sendable {
  let chip: SimulatedChip
  let trace: LevelTrace
  /// For the journal, as `@1700000000.123456`.
  private let started: String

  static let configuration = "/etc/mtor/mtor.yml"
  private static let addition = "/run/systemd/system/mtor.service.d/test.conf"

  /// Lines of every test: `bell` is an input, `lamp` is safe when off, `door` when on.
  static let lines = """
    board: generic
    microphone: {device: "off"}
    speaker: {device: "off"}
    gpio:
      bell: {input: 0, chip: service, debounce: 0ms}
      lamp: {output: 1, chip: service}
      door: {output: 2, chip: service, safe: on}

    """
  static let (bell, lamp, door) = (0, 1, 2)

  /// - Parameters:
  ///   - more: goes after the lines in the configuration.
  ///   - unit: goes over the unit's section [Service].
  init(_ more: String = "", unit: String = "") throws {
    chip = try SimulatedChip("service")
    trace = try LevelTrace(chip)
    try Shell.run("mkdir -p /run/systemd/system/mtor.service.d")
    try Self.put("[Service]\n\(unit)", Self.addition)
    try Self.put(Self.lines + more, Self.configuration)
    started = try Shell.run("date +@%s.%6N").line
    try Shell.run("udevadm settle; systemctl daemon-reload; systemctl reset-failed; systemctl restart mtor")
  }

  deinit { _ = try? Shell.run("systemctl stop mtor; rm -f \(Self.addition)") }

  static func put(_ text: String, _ path: String) throws {
    guard let file = fopen(path, "w") else { throw SystemFailure(path) }
    fputs(text, file)
    fclose(file)
  }

  /// A property of the unit, as `systemctl show` has it.
  func property(_ name: String) throws -> String {
    try Shell.run("systemctl show --value -p \(name) mtor").line
  }

  var pid: Int32 { get throws { Int32(try property("MainPID")) ?? 0 } }

  /// It is ready, in its `count`th run after the first.
  func isBack(after count: Int) throws -> Bool {
    try property("NRestarts") == "\(count)" && property("ActiveState") == "active"
  }

  /// What the unit wrote to the journal in this test, at one priority or all, a line each.
  func journal(priority: Int? = nil) throws -> [Substring] {
    let filter = priority.map { " -p \($0)..\($0)" } ?? ""
    return try Shell.run("journalctl --sync; journalctl -u mtor -o cat --since=\(started)\(filter)")
      .output.split(separator: "\n")
  }

  /// Asks the running daemon; the text of its last answer.
  @discardableResult func mtor(_ arguments: String) throws -> String {
    try Shell.run("mtor \(arguments)").output
  }

  /// A file of the unit's control group.
  func limit(_ name: String) throws -> String {
    try SystemFile.firstLine("/sys/fs/cgroup\(try property("ControlGroup"))/\(name)")
  }
}

/// Runs a shell's commands and waits for them.
enum Shell {
  struct Result {
    var code: Int32
    var output: String
    var line: String { output.split(separator: "\n").first.map(String.init) ?? "" }
  }

  @discardableResult static func run(_ commands: String) throws -> Result {
    guard let pipe = popen("{ \(commands)\n} 2>&1", "r") else { throw SystemFailure(commands) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer.prefix(count) }
    let status = pclose(pipe)
    return Result(code: (status >> 8) & 0xff, output: String(decoding: output, as: UTF8.self))
  }
}
