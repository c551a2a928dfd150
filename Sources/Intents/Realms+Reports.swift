// SPDX-License-Identifier: Apache-2.0
import Time

/// A realm as a dashboard shows it.
public struct RealmReport: Sendable, Equatable {
  public var name: String
  public var queued: Int
  public var queueMax: Int
  public var inFlight: Int
  public var workers: [String]
  public var metrics: RealmMetrics
  /// Of answers; nil until there are `Latencies.samplesMin`.
  public var median: Duration?
  public var p95: Duration?
}

/// A worker as a dashboard shows it.
public struct WorkerReport: Sendable, Equatable {
  public enum State: String, Sendable, Codable, CaseIterable {
    case ready, busy, paused, away, trial, draining
  }

  public var name: String
  public var state: State
  public var realms: [String]
  public var models: [String]
  public var slots: Int
  public var inFlight: Int
  public var health: Health
  public var answered: Int
  public var failed: Int
  /// In the first of its realms.
  public var latency: Duration?
}

extension Realms {
  /// Why an intent under way, or one of the last that ended, took its course.
  public func explanation(of id: String) -> Explanation? {
    guard let slot = flightByID[id] else {
      return ended.latest(id).map { explain($0.intent, $0.trace, $0.outcome, took: .nanoseconds($0.took)) }
    }
    var intent = flights[slot].intent
    intent.payload = Payload()
    return explain(intent, flights[slot].trace, nil, took: nil)
  }

  private func explain(
    _ intent: Intent, _ trace: Trace, _ outcome: Outcome?, took: Duration?
  ) -> Explanation {
    Explanation(
      intent: intent, submitted: trace.submitted, modelIsKnown: trace.modelIsKnown,
      candidates: trace.candidates.map { candidate in
        .init(
          worker: workerName(candidate.who), score: Int(candidate.score), load: Int(candidate.load),
          latency: candidate.latency > 0 ? .nanoseconds(candidate.latency) : nil)
      },
      steps: trace.steps.map { .init(what: what($0, trace), after: .nanoseconds($0.after)) },
      outcome: outcome, took: took)
  }

  private func what(_ step: Trace.Step, _ trace: Trace) -> Explanation.Step.What {
    switch step.kind {
    case .queued: .queued(realm: realmName(step.who), ahead: Int(step.number))
    case .passedOver: .passedOver(realm: realmName(step.who), because: trace.refusals[Int(step.number)])
    case .called: .called(worker: workerName(step.who), budget: .nanoseconds(step.number), isHedge: false)
    case .hedged: .called(worker: workerName(step.who), budget: .nanoseconds(step.number), isHedge: true)
    case .started: .started(worker: workerName(step.who))
    case .streamed: .streamed(worker: workerName(step.who))
    case .failed: .failed(trace.errors[Int(step.number)])
    case .cancelled: .callCancelled(worker: workerName(step.who))
    }
  }

  private func workerName(_ who: Trace.Reference) -> String {
    let worker = workers[Int(who.index)]
    return worker.generation == who.generation ? worker.name : "a worker since removed"
  }

  private func realmName(_ who: Trace.Reference) -> String {
    let realm = realms[Int(who.index)]
    return realm.generation == who.generation ? realm.profile.name : "a realm since removed"
  }

  /// Somebody serves the realm or a backup of it, whether he can at the moment or not.
  public func hasWorkers(realm name: String) -> Bool {
    guard let realm = realmByName[name] else { return false }
    let chain = [realm] + realms[realm].profile.backups.compactMap { realmByName[$0] }
    return chain.contains { !pools[realms[$0].all].members.isEmpty }
  }

  /// Workers that serve a realm or one of its backups, by name; those that are being drained do not.
  public func servers(realm name: String) -> [String] {
    guard let realm = realmByName[name] else { return [] }
    let chain = [realm] + realms[realm].profile.backups.compactMap { realmByName[$0] }
    return chain.flatMap { pools[realms[$0].all].members.map { workers[Int($0)] } }
      .filter { !$0.isDraining }.map(\.name)
  }

  public var realmNames: [String] { realmByName.keys.sorted() }

  /// It failed not so often of late that requests are kept from it.
  public func isTrusted(worker name: String) -> Bool {
    workerByName[name].map { workers[$0].breaker.state == .closed } ?? false
  }

  /// How long its answers usually take, in the realm where they take longest; nil: not known yet.
  public func usualLatency(of worker: String) -> Duration? {
    guard let index = workerByName[worker] else { return nil }
    var longest: Int64 = 0
    for service in workers[index].services { longest = max(longest, service.latency) }
    return longest > 0 ? .nanoseconds(longest) : nil
  }

  public var realmReports: [RealmReport] {
    realms.filter { !$0.isRemoved }.map { realm in
      let members = pools[realm.all].members.map { workers[Int($0)] }
      return RealmReport(
        name: realm.profile.name, queued: realm.waiting, queueMax: realm.profile.queueMax,
        inFlight: members.reduce(0) { $0 + $1.inFlight }, workers: members.map(\.name),
        metrics: realm.metrics, median: realm.latencies.median.map { .nanoseconds($0) },
        p95: realm.latencies.p95.map { .nanoseconds($0) })
    }
  }

  public func workerReports(at now: Instant) -> [WorkerReport] {
    workers.filter { !$0.isRemoved }.map { worker in
      WorkerReport(
        name: worker.name, state: state(of: worker, now), realms: worker.profile.realms,
        models: worker.profile.models
          + worker.capabilities.models.filter { !worker.profile.models.contains($0) },
        slots: worker.slots, inFlight: worker.inFlight, health: worker.health, answered: worker.answered,
        failed: worker.failed,
        latency: worker.services.first.flatMap { $0.latency > 0 ? .nanoseconds($0.latency) : nil })
    }
  }

  private func state(of worker: WorkerRecord, _ now: Instant) -> WorkerReport.State {
    if worker.isDraining { return .draining }
    if worker.pausedUntil > now { return .paused }
    switch worker.breaker.state {
    case .open: return .away
    case .halfOpen: return .trial
    case .closed: return worker.inFlight < worker.slots ? .ready : .busy
    }
  }
}
