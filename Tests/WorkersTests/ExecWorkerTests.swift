// SPDX-License-Identifier: Apache-2.0
import Glibc
import Intents
import Loop
import TestSupport
import Testing
import Time
import Workers

@Suite struct ExecWorkerTests {
  @LoopActor private static func worker(
    _ arguments: [String], change: (inout ExecSettings) -> Void = { _ in }
  ) -> ExecWorker {
    var settings = ExecSettings(arguments)
    change(&settings)
    return ExecWorker("program", settings)
  }

  @LoopActor private static func shell(_ script: String) -> ExecWorker { worker(["sh", "-c", script]) }

  private static let server = "\(#filePath.dropLast("/ExecWorkerTests.swift".count))/Servers/program.py"

  @LoopActor private static func kept(min: Int = 1, max: Int = 2, idle: Duration = .seconds(30)) -> ExecWorker
  {
    worker(["python3", server]) {
      $0.processesMin = min
      $0.processesMax = max
      $0.idleMax = idle
    }
  }

  /// A script, and what it means: the answer, or the kind of failure and a part of its text.
  static let scripts: [(String, Payload?, WorkerFailure.Kind?, String)] = [
    ("cat > /dev/null; echo hello; echo there", .text("hello\nthere"), nil, ""),
    (#"cat > /dev/null; echo '{"text": "a"}'; echo '{"text": "b"}'"#, .text("ab"), nil, ""),
    (
      #"echo '{"text": "x", "media": [{"type": "audio/wav", "data": "Zm9v"}], "end": true}'; sleep 1000"#,
      Payload(text: "x", media: [.init(type: "audio/wav", bytes: Array("foo".utf8))]), nil, ""
    ),
    ("grep -o '\"budget_ms\":[0-9]*,' | tr -d '0-9'", .text("\"budget_ms\":,"), nil, ""),
    ("exit 0", nil, .malformed, "without an answer"),
    ("echo no such model >&2; exit 1", nil, .broken, "exit code 1: no such model"),
    ("exit 75", nil, .busy, "exit code 75"),
    ("exit 65", nil, .refused, "exit code 65"),
    ("kill -SEGV $$", nil, .broken, "signal 11"),
    (#"echo '{"error": "not now", "kind": "busy"}'; sleep 1000"#, nil, .busy, "not now"),
    (#"echo '{"error": "broken"}'"#, nil, .broken, "broken"),
    (#"echo '{"text": 7}'"#, nil, .malformed, "'text'"),
    (#"echo '{"media": [{"type": "audio/wav"}]}'"#, nil, .malformed, "'media'"),
    ("echo '{'", nil, .malformed, "not JSON"),
    ("exec head -c 20000000 /dev/zero", nil, .malformed, "more than 8388608 bytes"),
  ]

  @Test(arguments: scripts)
  func aProgramAnswersOrSaysWhyNot(
    _ script: String, _ payload: Payload?, _ kind: WorkerFailure.Kind?, _ text: String
  ) async throws {
    let answer = try await onLoop { try await Self.shell(script).ask("question") }
    #expect(answer.payload == payload, "\(String(describing: answer.failure))")
    #expect(answer.failure?.kind == kind)
    #expect(answer.failure?.text.contains(text) ?? true, "\(String(describing: answer.failure))")
    #expect(answer.events.first == .started)
  }

  @Test func aLargeQuestionIsReadWhenTheProgramLikes() async throws {
    let text = String(repeating: "x", count: 1_000_000)
    let answer = try await onLoop { try await Self.shell("sleep 0.1; wc -c").ask(text) }
    let count = try #require(answer.payload.flatMap { Int($0.text) })
    #expect(count > text.utf8.count && count < text.utf8.count + 300)
  }

  @Test func atTheDeadlineItIsKilledWithAllThatItStarted() async throws {
    let directory = TemporaryDirectory()
    let file = "\(directory.path)/pid"
    let answer = try await onLoop {
      try await Self.shell("sleep 1000 & echo $! > \(file); sleep 1000").ask("x", within: .seconds(1))
    }
    #expect(answer.failure?.kind == .timeout)
    #expect(try await eventually { Self.isGone(file) })
  }

  @Test func aCancelledCallKillsItToo() async throws {
    let directory = TemporaryDirectory()
    let file = "\(directory.path)/pid"
    let events = try await onLoop {
      let worker = Self.shell("sleep 1000 & echo $! > \(file); sleep 1000")
      let intent = ExecWorker.intent(.text("x"))
      var events: [WorkerEvent] = []
      let call = worker.call(WorkerRequest(intent, deadline: intent.deadline)) { events.append($0) }
      while !Self.hasPid(file) { try await LoopActor.shared.loop.sleep(for: .milliseconds(2)) }
      call.cancel()
      return events
    }
    #expect(events.allSatisfy { $0 == .started })
    #expect(try await eventually { Self.isGone(file) })
  }

  @LoopActor private static func pid(_ file: String) -> pid_t? {
    guard let stream = fopen(file, "r") else { return nil }
    defer { fclose(stream) }
    var line = [CChar](repeating: 0, count: 32)
    guard fgets(&line, 32, stream) != nil else { return nil }
    return atoi(line) > 0 ? atoi(line) : nil
  }

  @LoopActor private static func hasPid(_ file: String) -> Bool { pid(file) != nil }
  @LoopActor private static func isGone(_ file: String) -> Bool {
    guard let pid = pid(file) else { return false }
    return kill(pid, 0) != 0 && errno == ESRCH
  }

  @Test(.enabled(if: !Instruments.isSanitized, "a sanitizer's addresses have no limit, see spawn.c"))
  func itsMemoryIsBounded() async throws {
    let memory = try await onLoop {
      try await Self.worker(["python3", "-c", "x = bytearray(500_000_000); print('all there')"]) {
        $0.memoryMaxBytes = 300 << 20
      }.ask("x")
    }
    #expect(memory.failure?.kind == .broken && memory.failure?.text.contains("MemoryError") == true)
  }

  @Test func itsProcessorTimeIsBounded() async throws {
    let processor = try await onLoop {
      try await Self.worker(["sh", "-c", "while :; do :; done"]) { $0.processorMax = .seconds(1) }.ask("x")
    }
    #expect(processor.failure?.text.contains("signal 24") == true, "\(String(describing: processor.failure))")
  }

  @Test func whatIsNotThereIsUnreachable() async throws {
    try await onLoop {
      let worker = Self.worker(["/no/such/program"])
      guard case .dead(let failure) = await worker.probe(until: .distantFuture) else {
        Issue.record("it is alive")
        return
      }
      #expect(failure.kind == .unreachable)
      let answer = try await worker.ask("x")
      #expect(answer.failure?.kind == .unreachable)
      let kept = Self.worker(["/no/such/program"]) { $0.processesMin = 1 }
      guard case .dead = await kept.probe(until: .distantFuture) else {
        Issue.record("it is alive")
        return
      }
      kept.retire()
      #expect(await Self.shell("true").probe(until: .distantFuture) == .alive(Capabilities(slots: 1)))
    }
  }

  @Test func aKeptProcessServesOneAfterTheOther() async throws {
    try await onLoop {
      let worker = Self.kept(max: 1)
      #expect(worker.processCount == 1)
      let first = try await worker.ask("one")
      let second = try await worker.ask("two")
      #expect(first.pieces.count == 2 && first.pieces.first == second.pieces.first)
      #expect(second.payload?.text.hasSuffix(" two") == true)
      let failed = try await worker.ask("fail")
      #expect(failed.failure == WorkerFailure(worker: "program", .unsupported, "no model"))
      let third = try await worker.ask("three")
      #expect(third.pieces.first == first.pieces.first)
      worker.retire()
    }
  }

  @Test func processesComeWithLoadAndGoWithoutIt() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let worker = Self.kept(min: 1, max: 2, idle: .milliseconds(50))
      let intent = ExecWorker.intent(.text("hang"))
      let request = WorkerRequest(intent, deadline: intent.deadline)
      let call = worker.call(request) { _ in }
      let other = try await worker.ask("one")
      #expect(other.payload?.text.hasSuffix(" one") == true)
      #expect(worker.processCount == 2)
      let second = worker.call(request) { _ in }
      let refused = try await worker.ask("two")
      #expect(refused.failure?.kind == .busy)
      call.cancel()
      second.cancel()
      while worker.processCount != 1 { try await loop.sleep(for: .milliseconds(2)) }
      let again = try await worker.ask("three")
      #expect(again.payload?.text.hasSuffix(" three") == true)
      while worker.processCount != 1 { try await loop.sleep(for: .milliseconds(2)) }
      worker.retire()
    }
  }

  @Test(arguments: ["die", "hang"]) func aProcessThatFailsIsReplaced(_ how: String) async throws {
    try await onLoop {
      let worker = Self.kept(max: 1)
      let first = try await worker.ask("one")
      let failed = try await worker.ask(how, within: .seconds(how == "die" ? 20 : 1))
      #expect(failed.failure?.kind == (how == "die" ? .broken : .timeout))
      while worker.processCount != 1 { try await LoopActor.shared.loop.sleep(for: .milliseconds(2)) }
      let next = try await worker.ask("two")
      #expect(next.payload?.text.hasSuffix(" two") == true && next.pieces.first != first.pieces.first)
      worker.retire()
    }
  }

  @Test func aProcessThatSaysMoreThanItWasAskedIsEnded() async throws {
    try await onLoop {
      let worker = Self.kept(max: 1)
      let first = try await worker.ask("one")
      _ = try await worker.ask("babble")
      // Its further line, written and so read together with the answer, belongs to nobody; what comes next
      // is not asked of one that is about to end.
      let next = try await worker.ask("two")
      #expect(next.payload?.text.hasSuffix(" two") == true, "\(String(describing: next.failure))")
      #expect(next.pieces.first != first.pieces.first)
      worker.retire()
    }
  }

  @Test func aLineToAnEarlierRequestIsDropped() async throws {
    try await onLoop {
      let worker = Self.kept(max: 1)
      let first = try await worker.ask("one")
      let answer = try await worker.ask("late")
      #expect(answer.payload == .text("in time"), "\(String(describing: answer.failure))")
      #expect(worker.strayLines == 1)
      let next = try await worker.ask("two")
      #expect(next.pieces.first == first.pieces.first, "it has been replaced")
      worker.retire()
    }
  }

  @Test func aKeptProcessSaysWhichRequestItAnswers() async throws {
    try await onLoop {
      let worker = Self.kept(max: 1)
      let answer = try await worker.ask("nameless")
      #expect(answer.failure?.kind == .malformed)
      #expect(answer.failure?.text.contains("has no 'id'") == true, "\(String(describing: answer.failure))")
      worker.retire()
    }
  }

  @Test func aRetiredWorkerEndsItsProcesses() async throws {
    let pid = try await onLoop {
      let worker = Self.kept(max: 1)
      let answer = try await worker.ask("one")
      worker.retire()
      let refused = try await worker.ask("two")
      #expect(refused.failure?.kind == .unreachable)
      return answer.pieces.first.flatMap { pid_t($0) } ?? 0
    }
    #expect(try await eventually { kill(pid, 0) != 0 })
  }
}
