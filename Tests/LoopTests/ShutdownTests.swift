// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import TestSupport
import Testing
import Time

@Suite(.serialized) struct ShutdownTests {
  struct Broken: Error {}

  @Test func hooksRunBackwardsAndTheUnfinishedAreNamed() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let order = Recorder<String>()
      let reports = Recorder<Shutdown.Report>()
      let shutdown = Shutdown(
        drainLimit: .milliseconds(300), isOurs: { $0.name == "left over" || $0.name == "stubborn" }
      ) { reports.add($0) }
      shutdown.add("journal") { order.add("journal") }
      shutdown.add("worker", within: .milliseconds(5)) {
        order.add("worker")
        await untilReported(reports)
      }
      shutdown.add("speaker") { throw Broken() }
      shutdown.add("microphone") { order.add("microphone") }
      let leftOver = LoopActor.spawn("left over") { try await loop.sleep(for: .seconds(3600)) }
      LoopActor.spawn("stubborn") { await untilReported(reports) }
      while !loop.tasks.all.contains(where: { $0.name == "stubborn" }) { await Task.yield() }
      shutdown.begin(reason: "SIGTERM")
      #expect(shutdown.hasBegun)
      shutdown.add("too late") { order.add("too late") }
      await untilReported(reports)
      let report = reports.values[0]
      #expect(order.values == ["microphone", "worker", "journal"])
      #expect(report.reason == "SIGTERM")
      #expect(report.unfinished == ["speaker", "worker", "stubborn"])
      let result = await leftOver.result
      #expect(throws: CancellationError.self) { try result.get() }
      #expect(report.took < .seconds(60))
    }
  }

  @Test func aSecondRequestEndsAtOnce() async throws {
    try await onLoop {
      let loop = LoopActor.shared.loop
      let reports = Recorder<Shutdown.Report>()
      let shutdown = Shutdown(isOurs: { _ in false }) { reports.add($0) }
      shutdown.add("never reached") {}
      shutdown.add("stuck") { try await loop.sleep(for: .seconds(3600)) }
      shutdown.begin(reason: "SIGTERM")
      try? await loop.sleep(for: .milliseconds(2))
      shutdown.begin(reason: "SIGINT")
      #expect(reports.values.map(\.unfinished) == [["stuck", "never reached"]])
      shutdown.begin(reason: "SIGINT")
      #expect(reports.values.count == 1)
    }
  }

  @Test func signalsAreEventsOfTheLoop() async throws {
    let received = Recorder<Int32>()
    let signals = try await onLoop {
      let signals = try Signals([SIGUSR1, SIGUSR2]) { received.add($0) }
      // To this thread only: the others of the test process do not block them.
      pthread_kill(pthread_self(), SIGUSR1)
      pthread_kill(pthread_self(), SIGUSR2)
      return signals
    }
    #expect(try await eventually { received.values == [SIGUSR1, SIGUSR2] })
    try await onLoop { signals.close() }
  }
}

/// Ignores its cancellation.
@LoopActor private func untilReported(_ reports: Recorder<Shutdown.Report>) async {
  while reports.values.isEmpty {
    try? await LoopActor.shared.loop.sleep(for: .milliseconds(1))
    await Task.yield()
  }
}
