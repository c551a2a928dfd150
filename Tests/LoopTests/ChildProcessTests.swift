// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import TestSupport
import Testing
import Time

@testable import Loop

@Suite struct ChildProcessTests {
  struct Impossible: Sendable {
    let program: Program
    let error: SystemError
  }

  static let impossible = [
    Impossible(
      program: Program(["no-such-program"]), error: SystemError("run no-such-program", errno: ENOENT)),
    Impossible(program: Program(["/etc/passwd"]), error: SystemError("run /etc/passwd", errno: EACCES)),
    Impossible(
      program: Program(["true"], directory: "/nowhere"),
      error: SystemError("run true in /nowhere", errno: ENOENT)),
    Impossible(program: Program([]), error: SystemError("run a program without a name", errno: EINVAL)),
  ]

  @Test(arguments: impossible) func whatCannotRunSaysWhy(_ impossible: Impossible) throws {
    #expect(throws: impossible.error) {
      var program = impossible.program
      program.input = .pipe
      program.output = .pipe
      _ = try ChildProcess.spawn(program)
    }
  }

  @Test func moreProgramsThanMayWaitAreRefused() {
    let starter = ProgramStarter()
    let error = thrown(SystemError.self) {
      for _ in 0..<100 * ProgramStarter.backlogMax { try starter.start(Program(["true"])) { _ in } }
    }
    #expect(error?.description.contains("run true: 64 programs wait to be started") == true)
  }

  struct Ending: Sendable {
    let script: String
    let status: ChildStatus
    let text: String
  }

  static let endings = [
    Ending(script: "exit 0", status: .exited(0), text: "exit code 0"),
    Ending(script: "exit 41", status: .exited(41), text: "exit code 41"),
    Ending(script: "kill -SEGV $$", status: .killed(signal: SIGSEGV), text: "signal 11 (Segmentation fault)"),
  ]

  @Test(arguments: endings) func anEndIsReportedOnce(_ ending: Ending) async throws {
    let statuses = Recorder<ChildStatus>()
    let child = try await onLoop { try Child(Program(["sh", "-c", ending.script])) { statuses.add($0) } }
    #expect(try await eventually { !statuses.values.isEmpty })
    try await onLoop {
      #expect(statuses.values == [ending.status])
      #expect(child.status == ending.status)
      #expect(ending.status.description == ending.text)
      child.signal(SIGKILL)
      child.stop()
    }
  }

  struct Setting: Sendable {
    let program: Program
    let output: String
  }

  static let settings = [
    Setting(program: Program(["sh", "-c", "pwd"], directory: "/usr"), output: "/usr\n"),
    Setting(program: Program(["/usr/bin/env"], environment: ["A=1", "B=x y"]), output: "A=1\nB=x y\n"),
    Setting(
      program: Program(["sh", "-c", "nice"], niceness: 3),
      output: "\(min(19, nice(0) + 3))\n"),
    // A sanitizer reserves terabytes of addresses.
    Setting(
      program: Program(["sh", "-c", "ulimit -v"], addressSpaceMax: 64 << 20),
      output: Instruments.allocationsAreCounted ? "65536\n" : "unlimited\n"),
    Setting(program: Program(["sh", "-c", "ulimit -c"]), output: "0\n"),
    Setting(program: Program(["cat"]), output: ""),
    Setting(program: Program(["sh", "-c", "ls /proc/self/fd | wc -l"]), output: "4\n"),
    Setting(
      program: Program(["sh", "-c", "grep SigBlk /proc/self/status"]), output: "SigBlk:\t0000000000000000\n"),
    // We ignore it: a child that inherited that would not end when its reader has gone.
    Setting(program: Program(["sh", "-c", "kill -PIPE $$; echo ignored"]), output: ""),
    Setting(
      program: Program(["sh", "-c", "test $(ps -o pgid= $$) = $$ && echo leader"]), output: "leader\n"),
  ]

  @Test(arguments: settings) func aChildRunsAsItWasTold(_ setting: Setting) async throws {
    let output = try await onLoop { () -> String in
      var program = setting.program
      program.output = .pipe
      let child = try Child(program) { _ in }
      return try await text(of: child.output.take()!)
    }
    #expect(output == setting.output)
  }

  @Test func aChildReadsWhatWeWrite() async throws {
    let output = try await onLoop { () -> String in
      let child = try Child(Program(["tr", "a-z", "A-Z"], input: .pipe, output: .pipe)) { _ in }
      do {
        let input = child.input.take()!
        let raw = input.raw
        #expect(write(raw, "quiet", 5) == 5)
      }
      return try await text(of: child.output.take()!)
    }
    #expect(output == "QUIET")
  }

  /// The shell's own child holds the pipe open: its end shows that it was killed too.
  @Test(arguments: [
    "sleep 1000 & wait", "trap '' TERM; sleep 1000 & while :; do wait; done", "sleep 1000 & exit 0",
  ])
  func nothingOfItsGroupSurvives(_ script: String) async throws {
    try await onLoop {
      let statuses = Recorder<ChildStatus>()
      let child = try Child(Program(["sh", "-c", "echo up; \(script)"], output: .pipe)) { statuses.add($0) }
      let output = child.output.take()!
      try await LoopActor.shared.loop.ready(output.raw, .read, on: "the first line")
      child.stop(grace: .milliseconds(20))
      #expect(try await text(of: output) == "up\n")
      while statuses.values.isEmpty { try await LoopActor.shared.loop.sleep(for: .milliseconds(1)) }
    }
  }

  @Test func lettingGoOfAChildKillsIt() throws {
    let pid: Int32
    do {
      let child = try ChildProcess.spawn(Program(["sleep", "1000"]))
      pid = child.pid
      #expect(kill(pid, 0) == 0)
    }
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
  }

  @Test func linesAreCutAndPutTogether() {
    var splitter = LineSplitter(lineBytesMax: 4)
    var lines: [String] = []
    for piece in ["a", "b\ncd\r\n", "\n", "efghij", "k\nmnop\nq"] {
      Array(piece.utf8).withUnsafeBytes { splitter.append($0) { lines.append($0) } }
    }
    splitter.finish { lines.append($0) }
    splitter.finish { lines.append($0) }
    #expect(lines == ["ab", "cd", "", "efgh", "ijk", "mnop", "q"])
  }
}

/// Everything that comes on a pipe until its end.
@LoopActor private func text(of descriptor: consuming FileDescriptor) async throws -> String {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    try await LoopActor.shared.loop.ready(descriptor.raw, .read, on: "output")
    let count = read(descriptor.raw, &buffer, buffer.count)
    if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}
