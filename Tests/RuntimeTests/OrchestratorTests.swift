// SPDX-License-Identifier: Apache-2.0
import Intents
import Runtime
import TestSupport
import Testing
import Time
import Workers

@testable import Loop

@Suite struct OrchestratorTests {
  /// Does what a test tells it to.
  @LoopActor final class ScriptedWorker: Worker {
    enum Manner { case answers(String), fails(WorkerFailure.Kind), isMute }

    @LoopActor final class Call: WorkerCall {
      var isCancelled = false
      func cancel() { isCancelled = true }
    }

    let name: String
    var manner: Manner
    var probeResult = ProbeResult.alive(Capabilities())
    /// Before a probe is answered.
    var probeDelay = Duration.zero
    var requests: [WorkerRequest] = []
    var calls: [Call] = []
    var isRetired = false

    init(_ name: String, _ manner: Manner) {
      self.name = name
      self.manner = manner
    }

    func probe(until deadline: Instant) async -> ProbeResult {
      if probeDelay > .zero { try? await LoopActor.shared.loop.sleep(for: probeDelay) }
      return probeResult
    }

    func retire() { isRetired = true }

    func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall {
      let call = Call()
      calls.append(call)
      requests.append(request)
      let name = name
      let manner = manner
      LoopActor.shared.loop.execute {
        if call.isCancelled { return }
        switch manner {
        case .answers(let text):
          events(.started)
          events(.piece(.text(text)))
          events(.ended(.success(.text(text))))
        case .fails(let kind): events(.ended(.failure(WorkerFailure(worker: name, kind, "scripted"))))
        case .isMute: break
        }
      }
      return call
    }
  }

  @LoopActor private static func orchestrator(_ workers: ScriptedWorker...) -> Orchestrator {
    let orchestrator = Orchestrator(seed: 1)
    orchestrator.set(RealmProfile("$CHAT"))
    for worker in workers { orchestrator.set(worker, WorkerProfile(worker.name, realms: ["$CHAT"])) }
    return orchestrator
  }

  @LoopActor private static func intent(_ id: String, budget: Duration = .seconds(20)) -> Intent {
    Intent(
      id: id, realm: "$CHAT", payload: .text("hello"), deadline: LoopActor.shared.loop.now + budget,
      origin: .user, isIdempotent: true)
  }

  @Test func anAnswerComesInPiecesAndAsAWhole() async throws {
    try await onLoop {
      let worker = ScriptedWorker("w", .answers("hi"))
      let orchestrator = Self.orchestrator(worker)
      var pieces: [String] = []
      let outcome = await orchestrator.outcome(of: Self.intent("a")) { pieces.append($0.text) }
      guard case .completed(let completion) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(completion.payload.text == "hi" && completion.worker == "w")
      #expect(pieces == ["hi"])
      #expect(worker.requests.map(\.deadline) == worker.requests.map(\.intent.deadline))
      #expect(orchestrator.explanation(of: "a")?.outcome != nil)
      orchestrator.stop()
    }
  }

  @Test func whatAProbeSaysOfAWorkerThatWasRemovedOrReplacedIsForgotten() async throws {
    try await onLoop {
      let (gone, old, new) = (
        ScriptedWorker("v", .answers("hi")), ScriptedWorker("w", .answers("hi")),
        ScriptedWorker("w", .answers("hi"))
      )
      for worker in [gone, old] {
        worker.probeDelay = .milliseconds(20)
        worker.probeResult = .dead(WorkerFailure(worker: worker.name, .broken, "scripted"))
      }
      let orchestrator = Self.orchestrator(gone, old)
      try await LoopActor.shared.loop.sleep(for: .milliseconds(1))
      orchestrator.remove(worker: "v")
      orchestrator.set(new, WorkerProfile("w", realms: ["$CHAT"]))
      try await LoopActor.shared.loop.sleep(for: .milliseconds(60))
      #expect(orchestrator.troubles.isEmpty && old.isRetired && gone.isRetired)
      #expect(orchestrator.workerReports.map(\.health.score) == [100])
      orchestrator.stop()
    }
  }

  /// Whoever answers at once is waited for awake; a worker of which that is not known is not.
  @Test(.enabled(if: EventLoop.hasSeveralProcessors)) func aWorkerThatAnswersAtOnceIsAttended() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let worker = ScriptedWorker("w", .answers("hi"))
      let orchestrator = Self.orchestrator(worker)
      var asked = 0
      /// Nothing else runs meanwhile: what changes is the orchestrator's doing.
      @LoopActor func attention() -> Duration {
        asked += 1
        let (before, begin) = (loop.attentiveUntil ?? .zero, loop.now)
        orchestrator.submit(Self.intent("\(asked)")) { _ in }
        let after = loop.attentiveUntil ?? .zero
        return after > before ? after - begin : .zero
      }
      #expect(attention() == .zero)
      // A busy machine has quick moments too.
      var attended = Duration.zero
      for _ in 0..<2000 where attended == .zero {
        asked += 1
        _ = await orchestrator.outcome(of: Self.intent("\(asked)"))
        attended = attention()
      }
      #expect(attended >= EventLoop.quickMax)
      orchestrator.stop()
    }
  }

  @Test func anotherWorkerIsAskedWhenOneFails() async throws {
    try await onLoop {
      let workers = (ScriptedWorker("v", .fails(.unreachable)), ScriptedWorker("w", .answers("hi")))
      let orchestrator = Self.orchestrator(workers.0, workers.1)
      let outcome = await orchestrator.outcome(of: Self.intent("a"))
      guard case .completed(let completion) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(completion.attempts == 2 && workers.0.calls.count == 1)
      orchestrator.stop()
    }
  }

  @Test func aMuteWorkerMakesTheIntentExpireAndIsCancelled() async throws {
    try await onLoop {
      let worker = ScriptedWorker("w", .isMute)
      let orchestrator = Self.orchestrator(worker)
      let outcome = await orchestrator.outcome(of: Self.intent("a", budget: .milliseconds(20)))
      #expect(outcome == .expired(stage: "call of w"))
      #expect(worker.calls.map(\.isCancelled) == [true])
      orchestrator.stop()
    }
  }

  @Test func theEndOfAFlowOrOfTheProgramCancelsWhatItAskedFor() async throws {
    try await onLoop {
      let worker = ScriptedWorker("w", .isMute)
      let orchestrator = Self.orchestrator(worker)
      var outcomes: [Outcome] = []
      let flow = LoopActor.spawn("flow") { outcomes.append(await orchestrator.outcome(of: Self.intent("a"))) }
      orchestrator.submit(Self.intent("b")) { outcomes.append($0) }
      orchestrator.submit(Self.intent("b")) { outcomes.append($0) }
      #expect(outcomes == [.rejected(.duplicate(id: "b"))])
      flow.cancel()
      _ = try? await flow.value
      orchestrator.stop()
      #expect(outcomes.contains(.rejected(.cancelled(.clientGone))))
      #expect(outcomes.contains(.rejected(.cancelled(.shutdown))))
      #expect(orchestrator.realmReports[0].queued == 0)
    }
  }

  @Test func anOutcomeMaySubmitTheNextIntent() async throws {
    try await onLoop {
      let orchestrator = Self.orchestrator(ScriptedWorker("w", .answers("hi")))
      let count = 50
      try await LoopActor.shared.loop.wait(on: "all outcomes") { (waiter: Waiter<Void>) in
        Self.submit(1, of: count, orchestrator, waiter)
      }
      #expect(orchestrator.realmReports[0].metrics.completed == count)
      orchestrator.stop()
    }
  }

  @LoopActor private static func submit(
    _ number: Int, of count: Int, _ orchestrator: Orchestrator, _ waiter: Waiter<Void>
  ) {
    orchestrator.submit(intent("\(number)")) { _ in
      if number == count { return waiter.resume(returning: ()) }
      submit(number + 1, of: count, orchestrator, waiter)
    }
  }

  @Test func whatAProbeTellsIsKnown() async throws {
    try await onLoop {
      let worker = ScriptedWorker("w", .answers("hi"))
      worker.probeResult = .alive(Capabilities(models: ["m"], slots: 3))
      let orchestrator = Self.orchestrator(worker)
      while orchestrator.workerReports[0].slots != 3 { await Task.yield() }
      #expect(orchestrator.workerReports[0].models == ["m"])
      orchestrator.drain(worker: "w")
      #expect(orchestrator.workerReports[0].state == .draining)
      orchestrator.remove(worker: "w")
      #expect(orchestrator.workerReports.isEmpty && worker.isRetired)
      let others = (ScriptedWorker("v", .isMute), ScriptedWorker("v", .isMute))
      orchestrator.set(others.0, WorkerProfile("v", realms: ["$CHAT"]))
      orchestrator.set(others.1, WorkerProfile("v", realms: ["$CHAT"]))
      #expect(others.0.isRetired && !others.1.isRetired)
      orchestrator.stop()
    }
  }
}
