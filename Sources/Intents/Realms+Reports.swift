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
    flightByID[id].map { flights[$0].explanation } ?? ended.latest(id)
  }

  public var realmReports: [RealmReport] {
    realms.filter { !$0.isRemoved }.map { realm in
      let members = pools[realm.all].members.map { workers[Int($0)] }
      return RealmReport(
        name: realm.profile.name, queued: realm.waiting, queueMax: realm.profile.queueMax,
        inFlight: members.reduce(0) { $0 + $1.inFlight }, workers: members.map(\.name),
        metrics: realm.metrics, median: realm.latencies.median, p95: realm.latencies.p95)
    }
  }

  public func workerReports(at now: Instant) -> [WorkerReport] {
    workers.filter { !$0.isRemoved }.map { worker in
      WorkerReport(
        name: worker.name, state: state(of: worker, now), realms: worker.profile.realms,
        models: worker.profile.models
          + worker.capabilities.models.filter { !worker.profile.models.contains($0) },
        slots: worker.slots, inFlight: worker.inFlight, health: worker.health, answered: worker.answered,
        failed: worker.failed, latency: worker.services.first?.latency)
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
