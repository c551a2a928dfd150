// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Log
import Loop
import Posix
import TestSupport
import Testing

@testable import Runtime

@Suite(.serialized) struct ProcessTests {
  @Test func aProgramThatEndsWellIsWaitedFor() async throws {
    try await onLoop {
      try await Command.run(
        ["sh", "-c", "echo one; echo two >&2"], timeout: .seconds(10), log: Logger("test"))
    }
  }

  @Test(arguments: [
    (["sh", "-c", "exit 3"], "sh ended with exit code 3"),
    (["sh", "-c", "kill -9 $$"], "sh ended with signal 9 (Killed)"),
    (["/nonexistent/program"], "run /nonexistent/program: No such file or directory"),
  ])
  func aProgramThatFailsIsToldWithItsName(argv: [String], text: String) async throws {
    let told = try await onLoop { () -> String in
      do {
        try await Command.run(argv, timeout: .seconds(10), log: Logger("test"))
        return "it went well"
      } catch { return "\(error)" }
    }
    #expect(told == text)
  }

  @Test func aProgramIsKilledAtItsTimeoutWithWhatItHasStarted() async throws {
    let directory = TemporaryDirectory()
    let file = directory.file("pid")
    await #expect(throws: DeadlineExceeded.self) {
      try await onLoop {
        try await Command.run(
          ["sh", "-c", "sleep 1000 & echo $! > \(file); wait"], timeout: .milliseconds(300),
          log: Logger("test"))
      }
    }
    let pid = pid_t(try #require(Int32(readText(file).filter(\.isNumber))))
    #expect(try await eventually { kill(pid, 0) != 0 })
  }

  @Test func aWorkerKilledTwentyTimesIsBackEachTime() async throws {
    var settings = WorkerSettings(name: "test-worker", place: .child(argv: []))
    settings.restartBackoffMax = .milliseconds(100)
    let worker = try await onLoop { [settings] in
      let worker = ChildWorker(settings, arguments: ["sleep", "1000"])
      worker.start()
      return worker
    }
    for count in 1...20 {
      let pid = try await onLoop { worker.pid }
      kill(try #require(pid), SIGKILL)
      #expect(try await eventually { worker.restarts == count && worker.pid != nil && worker.pid != pid })
    }
    try await onLoop { await worker.stop() }
    #expect(try await onLoop { worker.pid } == nil)
  }

  @Test func aWorkerThatIgnoresSIGTERMIsKilled() async throws {
    let worker = try await onLoop {
      let worker = ChildWorker(
        WorkerSettings(name: "stubborn", place: .child(argv: [])),
        arguments: ["sh", "-c", "trap '' TERM; while :; do sleep 1000; done"])
      worker.start()
      return worker
    }
    try await onLoop {
      try await LoopActor.shared.loop.sleep(for: .milliseconds(100))
      await worker.stop()
    }
    #expect(try await onLoop { worker.pid } == nil)
  }

  @Test func aWorkerThatCannotBeStartedIsSaidOnce() async throws {
    let lines = Locked<[String]>([])
    Logging.setSink { event in
      if event.module == "absent" { lines.withLock { $0.append(event.message) } }
    }
    defer { Logging.setSink(nil) }
    var settings = WorkerSettings(name: "absent", place: .child(argv: []))
    settings.restartBackoffMax = .milliseconds(20)
    let worker = try await onLoop { [settings] in
      let worker = ChildWorker(settings, arguments: ["/nonexistent/worker"])
      worker.start()
      return worker
    }
    #expect(try await eventually { worker.attempts >= 5 })
    try await onLoop { await worker.stop() }
    let told = lines.withLock { $0 }
    #expect(told.count == 1)
    let reason = "No such file or directory. Is it installed? (workers.absent.command)"
    #expect(told.first?.contains(reason) == true)
  }
}

func readText(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = fread(&buffer, 1, buffer.count - 1, file)
  return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
