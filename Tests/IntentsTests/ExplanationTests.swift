// SPDX-License-Identifier: Apache-2.0
import Testing
import Time

@testable import Intents

@Suite struct ExplanationTests {
  @Test func itTellsWhoCouldHaveServedWhoWasAskedAndWhatCameOfIt() throws {
    var script = Script(
      realms: [RealmProfile("$CHAT", queueMax: 0, backups: ["$SPARE"]), RealmProfile("$SPARE")],
      workers: [
        .init("w", realms: ["$CHAT"]), .init("s", realms: ["$SPARE"]), .init("t", realms: ["$SPARE"]),
      ])
    for line in [
      "0 submit a", "10 submit b model=m user=u deadline=5000", "20 fail b s unreachable", "30 start b t",
      "40 piece b t", "50 answer b t",
    ] {
      script.play(line)
    }
    let why = try #require(script.machine.explanation(of: "b"))
    #expect(why.intent.user == "u" && why.intent.model == "m" && !why.modelIsKnown)
    #expect(why.budget == .seconds(5) && why.took == .milliseconds(40))
    #expect(why.candidates.map(\.worker) == ["s", "t", "t", "s"])
    let full = Refusal.full(realm: "$CHAT", limit: 0)
    #expect(
      why.steps == [
        .init(what: .passedOver(realm: "$CHAT", because: full), after: .zero),
        .init(what: .called(worker: "s", budget: .milliseconds(5000), isHedge: false), after: .zero),
        .init(what: .failed(WorkerFailure(worker: "s", .unreachable, "text")), after: .milliseconds(10)),
        .init(what: .queued(realm: "$SPARE", ahead: 0), after: .milliseconds(10)),
        .init(
          what: .called(worker: "t", budget: .milliseconds(4990), isHedge: false), after: .milliseconds(10)),
        .init(what: .started(worker: "t"), after: .milliseconds(20)),
        .init(what: .streamed(worker: "t"), after: .milliseconds(30)),
      ])
    guard case .completed(let completion)? = why.outcome else {
      Issue.record("\(String(describing: why.outcome))")
      return
    }
    #expect(completion.worker == "t" && completion.attempts == 2 && completion.payload == Payload())
  }

  @Test func onlyTheLastOnesAreKeptAndOneUnderWayHasNoOutcome() {
    var limits = Realms.Limits()
    limits.explanationsMax = 2
    var script = Script(
      limits: limits, realms: [RealmProfile("$CHAT")], workers: [.init("w", realms: ["$CHAT"])])
    for name in ["a", "b", "c"] {
      script.play("0 submit \(name)")
      script.play("0 answer \(name) w")
    }
    script.play("0 submit d")
    #expect(script.machine.explanation(of: "a") == nil)
    #expect(script.machine.explanation(of: "b")?.outcome != nil)
    #expect(script.machine.explanation(of: "d").map { $0.outcome == nil } == true)
  }

  @Test func reportsShowRealmsAndWorkers() {
    var script = Script(
      realms: [RealmProfile("$CHAT")],
      workers: [.init("w", realms: ["$CHAT"]), .init("v", realms: ["$CHAT"])])
    for line in ["0 submit a", "0 submit b", "0 submit c", "1 fail a w unreachable", "1 drain v"] {
      script.play(line)
    }
    let realm = script.machine.realmReports[0]
    #expect(realm.queued == 1 && realm.inFlight == 2 && realm.metrics.failovers == 0)
    let workers = script.machine.workerReports(at: .zero)
    #expect(workers.map(\.state) == [.busy, .draining])
    #expect(workers.map(\.health.score) == [95, 100])
  }

  @Test func whatAWorkerUsuallyTakesIsThatOfItsSlowestRealm() {
    var script = Script(
      realms: [RealmProfile("$CHAT"), RealmProfile("$SPEAK")],
      workers: [.init("w", realms: ["$CHAT", "$SPEAK"])])
    #expect(script.machine.usualLatency(of: "w") == nil && script.machine.usualLatency(of: "v") == nil)
    for line in ["0 submit a", "10 answer a w", "20 submit b realm=$SPEAK", "60 answer b w"] {
      script.play(line)
    }
    #expect(script.machine.usualLatency(of: "w") == .milliseconds(40))
    for line in ["60 submit c realm=$SPEAK", "70 answer c w"] { script.play(line) }
    #expect(script.machine.usualLatency(of: "w") == .milliseconds(34))
  }
}
