// SPDX-License-Identifier: Apache-2.0
import CFaults
import HTTPTransport
import Intents
import Loop
import Runtime
import Time
import Workers

/// A realm with workers that behave, asked fifty times a second: what it takes beside faults is compared
/// with what it takes without. Compared without the time in which the machine let neither us nor its server
/// run although they wanted to: the misbehaving servers, and whatever else runs there, want a processor too.
@LoopActor final class Bystander {
  /// Of the 99th percentile beside faults to that without.
  nonisolated static let ratioMax = 1.2
  private static let realm = "$STEADY"
  private static let interval = Duration.milliseconds(20)
  private static let budget = Duration.seconds(2)

  var isDisturbed = false
  private(set) var inFlight = 0
  private(set) var disturbed = Samples()
  private(set) var undisturbed = Samples()
  private let serverSchedule: Int32
  private let orchestrator: Orchestrator
  private let ledger: Ledger
  private let loop = LoopActor.shared.loop
  private var timer: RepeatingTimer?
  private var count = 0

  init(_ orchestrator: Orchestrator, _ server: FaultServer, _ session: HTTPSession, _ ledger: Ledger) throws {
    self.orchestrator = orchestrator
    self.ledger = ledger
    serverSchedule = cf_open_run_delay(server.pid)
    orchestrator.set(RealmProfile(Self.realm))
    for name in ["steady 1", "steady 2"] {
      let worker = try Protocol.openai.http(name, "\(server.base)/steady.ok", session)
      orchestrator.set(
        WatchedWorker(worker, .steady, ledger), WorkerProfile(name, realms: [Self.realm], slots: 8))
    }
  }

  func start() { timer = loop.every(Self.interval, name: "bystander") { [self] in ask() } }

  func stop() { timer?.cancel() }

  /// Milliseconds.
  nonisolated static func p99(_ values: [Float]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
  }

  private func ask() {
    count += 1
    inFlight += 1
    let began = loop.now
    let waited = runDelay
    let wasDisturbed = isDisturbed
    let intent = Intent(
      id: "steady \(count)", realm: Self.realm, payload: .text("\(count)"), deadline: began + Self.budget,
      origin: .device, isIdempotent: true)
    orchestrator.submit(intent) { [self] outcome in
      inFlight -= 1
      ledger.ended("the undisturbed realm", deadline: intent.deadline)
      guard case .completed = outcome else {
        let starvation = ledger.starvation.since(began)
        return ledger.census.check(
          starvation > Self.budget / 4, "the undisturbed realm's intent did not complete: \(outcome)")
      }
      let sample = Sample(took: loop.now - began, waited: runDelay - waited)
      if wasDisturbed { disturbed.add(sample) } else if !isDisturbed { undisturbed.add(sample) }
    }
  }

  /// Of our thread and of the server's.
  private var runDelay: Duration {
    ledger.starvation.total + Duration(nanoseconds: Int64(cf_run_delay(serverSchedule)))
  }

  /// Milliseconds.
  struct Sample {
    var whole: Float
    /// Without the time spent waiting for a processor.
    var ours: Float

    init(took: Duration, waited: Duration) {
      whole = Float(took.milliseconds)
      ours = Float(max(.zero, took - waited).milliseconds)
    }
  }

  /// A table that does not grow while the heap is being judged: the last 44 minutes.
  struct Samples {
    private static let max = 1 << 17
    private(set) var all: [Sample] = []
    private var oldest = 0

    init() { all.reserveCapacity(Self.max) }

    mutating func add(_ sample: Sample) {
      if all.count < Self.max { return all.append(sample) }
      all[oldest] = sample
      oldest = (oldest + 1) % Self.max
    }
  }
}
