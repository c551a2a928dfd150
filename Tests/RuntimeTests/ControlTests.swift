// SPDX-License-Identifier: Apache-2.0
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
}
