// SPDX-License-Identifier: Apache-2.0
import Log
import Loop
import Time

extension Daemon {
  public func status() -> StatusReport {
    StatusReport(
      version: Self.version, node: settings.node, board: settings.board,
      uptimeSeconds: ((loop.now - started).milliseconds / 100).rounded() / 10,
      microphone: microphoneState,
      microphoneLevelDBFS: voice?.levelDBFS.map(Double.init),
      overruns: overruns, speaker: speakerState,
      workers: services.children.map {
        StatusReport.Worker(
          name: $0.name, state: $0.pid == nil ? "waiting to start" : "running", pid: $0.pid.map(Int.init),
          restarts: $0.restarts)
      },
      utterances: utterances, understood: commands.understood, trouble: trouble,
      logLinesLost: Logging.lostLines, loopWakeUps: loop.metrics.wakeUps,
      loopAttentiveTurns: loop.metrics.attentiveTurns,
      stalls: stalls(), store: storeReport(), realms: realmStatus(), realmWorkers: workerStatus())
  }

  func tasks() -> [TaskReport] {
    let now = loop.now
    return loop.tasks.all.map { task in
      switch task.state {
      case .running:
        return TaskReport(
          id: task.id, name: task.name, state: "running", forMS: (now - task.started).milliseconds)
      case .waiting(let what, let since, let deadline):
        return TaskReport(
          id: task.id, name: task.name, state: "waiting", waitingOn: what,
          forMS: (now - since).milliseconds, deadlineInMS: deadline.map { ($0 - now).milliseconds })
      }
    }
  }

  func lineReports() -> [LineReport] {
    lines.state().map {
      LineReport(
        name: $0.settings.name, direction: $0.settings.direction.rawValue, isOn: $0.isOn, edges: $0.edges,
        lostEdges: $0.lostEdges)
    }
  }

  private func stalls() -> StatusReport.Stalls {
    let meter = loop.stalls
    var histogram: [String: UInt64] = [:]
    for (index, count) in meter.counts.enumerated() {
      let bound = index < StallMeter.bounds.count ? "\(StallMeter.bounds[index].milliseconds)" : "more"
      histogram[bound] = count
    }
    return StatusReport.Stalls(
      longest: meter.longest.name, longestMS: meter.longest.duration.milliseconds, histogramMS: histogram)
  }
}
