// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Runtime
import TestSupport
import Testing

@Suite(.serialized) struct ControlTests {
  @Test(
    arguments: [
      ("turn on the lamp", nil, "lamp" as String?),
      ("Turn on porch!", nil, "porch"),
      ("open the pod bay doors", "no command is like that", nil),
      ("say something", nil, nil),
      ("do nothing", "no automation has 'on: command.unheard'", nil),
      ("", "nothing was asked", nil),
    ] as [(String, String?, String?)])
  func aTypedCommandRunsItsAutomationOrSaysWhyNot(text: String, refusal: String?, line: String?) async throws
  {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    do throws(ControlError) {
      let replies = try TestDaemon.ask(directory, ControlRequest(.ask, text: text))
      #expect(refusal == nil && replies.last?.done != nil)
    } catch { #expect(error == ControlError(refusal ?? "none", isRefusal: true)) }
    if let line {
      #expect(try await onLoop { test.lines.isOn(line) } == true)
    }
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aPressIsAGestureThatRunsItsRuleAndTheLineGoesBack() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    #expect(try await onLoop { test.lines.isOn("porch") } == true)
    try await onLoop { test.daemon.lines.command("porch", .set(false)) }
    _ = try TestDaemon.ask(directory, ControlRequest(.press, name: "doorbell"))
    #expect(try await eventually { test.lines.isOn("porch") == true })
    #expect(try await eventually { test.lines.isOn("porch") == false })
    let report = try TestDaemon.ask(directory, ControlRequest(.lines)).first?.lines
    #expect(report?.first { $0.name == "doorbell" }?.edges ?? 0 >= 1)
    try await onLoop { await test.daemon.stop() }
    #expect(try await onLoop { test.lines.isOn("porch") } == nil)
  }

  @Test func statusAndTasksTellHowItIs() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    let waiting = try await onLoop {
      LoopActor.spawn("waits for nothing") {
        try await LoopActor.shared.loop.sleep(for: .seconds(60))
      }
    }
    let status = try #require(try TestDaemon.ask(directory, ControlRequest(.status)).first?.status)
    #expect(status.board == "sim" && status.microphone == "off" && status.workers.isEmpty)
    let tasks = try #require(try TestDaemon.ask(directory, ControlRequest(.tasks)).first?.tasks)
    let task = try #require(tasks.first { $0.name == "waits for nothing" })
    #expect(task.state == "waiting" && task.waitingOn == "timer")
    waiting.cancel()
    try await onLoop { await test.daemon.stop() }
  }

  @Test(arguments: [
    (ControlRequest(.set, name: "lam", on: true), "no line 'lam'. Lines: doorbell, lamp, porch."),
    (ControlRequest(.set, name: "doorbell", on: true), "doorbell is an input; only outputs and LEDs are set"),
    (ControlRequest(.watch, name: "x"), "no line 'x'. Lines: doorbell, lamp, porch."),
    (
      ControlRequest(.level, text: "loud"),
      "no log level 'loud'. Allowed: debug, info, notice, warning, error."
    ),
    (ControlRequest(.trigger), "the microphone is off (microphone.source)"),
    (ControlRequest(.reload), "this daemon has no file to read again"),
  ])
  func whatCannotBeDoneIsRefusedWithAReason(request: ControlRequest, reason: String) async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    #expect(throws: ControlError(reason, isRefusal: true)) { try TestDaemon.ask(directory, request) }
    try await onLoop { await test.daemon.stop() }
  }

  @Test(arguments: [
    ("garbage\n", "not a request"), ("{\"verb\":\"fly\"}\n", "not a request"), ("[]\n", "not a request"),
    ("\n", "not a request"), (String(repeating: "x", count: 70_000), "request longer than 65536 bytes"),
  ])
  func garbageIsAnsweredAndTheConnectionClosed(bytes: String, answer: String) async throws {
    let test = try await onLoop { try TestDaemon() }
    let path = test.directory.file("control.sock")
    #expect(rawExchange(path, Array(bytes.utf8)).contains(answer))
    #expect(try TestDaemon.ask(test.directory, ControlRequest(.status)).count == 2)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aSecondDaemonInTheSameDirectoryIsRefused() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    await #expect(throws: SystemError.self) {
      try await onLoop { try TestDaemon(directory: directory) }
    }
    try await onLoop { await test.daemon.stop() }
    let again = try await onLoop { try TestDaemon(directory: directory) }
    try await onLoop { await again.daemon.stop() }
  }

  @Test func withoutADaemonTheClientSaysSo() {
    let directory = TemporaryDirectory()
    #expect(throws: ControlError.self) { try TestDaemon.ask(directory, ControlRequest(.status)) }
  }

  @Test func watchersThatGoAwayAreForgotten() async throws {
    let test = try await onLoop { try TestDaemon() }
    let directory = test.directory
    for _ in 0..<100 {
      let client = try ControlClient(path: directory.file("control.sock"))
      #expect(throws: ControlError.self) {
        try client.request(ControlRequest(.listen), silenceMax: .milliseconds(1)) { _ in }
      }
    }
    #expect(try TestDaemon.ask(directory, ControlRequest(.status)).count == 2)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func idleConnectionsKeepNobodyOut() async throws {
    let test = try await onLoop { try TestDaemon() }
    let path = test.directory.file("control.sock")
    let idle = try (0..<2 * ControlServer.connectionsMax).map { _ in try RawConnection(path) }
    #expect(try TestDaemon.ask(test.directory, ControlRequest(.status)).count == 2)
    // The oldest went first.
    #expect(idle[0].rest() == "")
    try await onLoop { await test.daemon.stop() }
  }

  @Test func oneConnectionTooManyIsToldSo() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("control.sock")
    let requests = Locked(0)
    let server = try await onLoop {
      try ControlServer(path: path) { _, _ in requests.withLock { $0 += 1 } }
    }
    let watching = try (0..<ControlServer.connectionsMax).map { _ in try RawConnection(path) }
    for connection in watching { connection.send("{\"verb\":\"listen\"}\n") }
    // Who has not asked yet would make room.
    #expect(try await eventually { requests.withLock { $0 } == ControlServer.connectionsMax })
    let answer = rawExchange(path, Array("{\"verb\":\"status\"}\n".utf8))
    #expect(answer.contains("busy: 16 connections at most"), "\(answer)")
    withExtendedLifetime(watching) {}
    try await onLoop { server.close() }
  }

  @Test func whoAsksForNothingOrTakesNoAnswerIsLetGo() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("control.sock")
    let server = try await onLoop {
      try ControlServer(path: path, idleLimit: .milliseconds(50)) { _, session in
        let long = String(repeating: "x", count: 900_000)
        session.finish(ControlReply(done: long))
      }
    }
    // Both ends come by themselves.
    let mute = try RawConnection(path)
    #expect(mute.rest() == "")
    let deaf = try RawConnection(path)
    deaf.send("{\"verb\":\"status\"}\n")
    #expect(try await eventually { deaf.isClosed })
    try await onLoop { server.close() }
  }
}

/// A connection to a Unix socket that does as it is told. Blocking.
private final class RawConnection: Sendable {
  private let fd: Int32

  init(_ path: String) throws {
    fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(code == 0)
  }

  deinit { close(fd) }

  func send(_ text: String) { _ = Glibc.send(fd, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

  /// What comes until the other side closes.
  func rest() -> String {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(fd, &buffer, buffer.count), count > 0 { answer += buffer[..<count] }
    return String(decoding: answer, as: UTF8.self)
  }

  /// The other side has closed, whatever is still to be read.
  var isClosed: Bool {
    var entry = pollfd(fd: fd, events: 0, revents: 0)
    return poll(&entry, 1, 0) > 0 && Int32(entry.revents) & POLLHUP != 0
  }
}
