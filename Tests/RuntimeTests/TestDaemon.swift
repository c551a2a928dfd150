// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Loop
import Runtime
import Simulation
import TestSupport

/// A daemon on simulated lines, without loudspeaker, on the tests' loop.
@LoopActor final class TestDaemon {
  let daemon: Daemon
  let lines = SimulatedLines()
  let directory: TemporaryDirectory

  nonisolated static let configuration = """
    board: sim
    speaker:
      device: "off"
    gpio:
      doorbell: {input: GPIO17}
      lamp: {output: GPIO5}
      porch: {output: GPIO6, safe: on}
    lists:
      thing: [lamp, porch]
    commands:
      thing_on: turn on [the] {thing}
      speak: say something
      slow: be slow
      unheard: do nothing
    automations:
      rings:
        on: gpio.doorbell.press
        do:
          - pulse: porch
            for: 50ms
      thing_on:
        on: command.thing_on
        do:
          - set: "{thing}"
            to: on
      speak:
        on: command.speak
        do:
          - say: Something.
      slow:
        on: command.slow
        do:
          - wait: 60s
    """

  /// - Parameter state: keeps a store there.
  init(
    _ text: String = configuration, directory: TemporaryDirectory = TemporaryDirectory(),
    state: String? = nil, microphone: (any Microphone)? = nil
  ) throws {
    self.directory = directory
    let settings = try ConfigurationReader().read(text: text, name: "test.yml")
    daemon = try Daemon(
      settings, devices: Devices(microphone: microphone, speaker: nil, lines: lines),
      directory: directory.path, state: state)
    try daemon.start()
  }

  /// The replies to one request, or the refusal's text.
  nonisolated static func ask(
    _ directory: TemporaryDirectory, _ request: ControlRequest
  ) throws(ControlError) -> [ControlReply] {
    var replies: [ControlReply] = []
    let client = try ControlClient(path: directory.file("control.sock"))
    try client.request(request, silenceMax: .seconds(60)) { replies.append($0) }
    return replies
  }
}

/// Sends bytes to a Unix socket and reads what comes until the other side closes.
func rawExchange(_ path: String, _ bytes: [UInt8]) -> String {
  let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(fd) }
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let connected = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  guard connected == 0 else { return "no connection" }
  var sent = 0
  while sent < bytes.count {
    let count = bytes[sent...].withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if count <= 0 { break }
    sent += count
  }
  var answer: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(fd, &buffer, buffer.count)
    if count <= 0 { return String(decoding: answer, as: UTF8.self) }
    answer += buffer[..<count]
  }
}
