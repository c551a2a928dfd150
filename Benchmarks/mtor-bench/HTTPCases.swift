// SPDX-License-Identifier: Apache-2.0
import CBench
import HTTPClient
import HTTPTransport
import Intents
import Loop
import Runtime
import Time
import Workers

private let requests = 300
private let inFlight = 1000
private let held = Duration.seconds(4)

/// Intents to workers that speak HTTP, against libcurl's multi interface in a loop of C.
let httpCases: [Case] = [
  .compare(
    "http.sequential", "ns", goal: 1.2, to: "libcurl in C", operations: requests,
    ours: { try await HTTPLoad(holding: .zero).medianOfSequential(requests) },
    baseline: { try sequentialInC(requests) }),
  Case(name: "http.in_flight") { options in
    let load = try HTTPLoad(holding: held)
    return try await load.measureInFlight(seconds: options.isSmoke ? 1 : 8)
  },
]

private func sequentialInC(_ count: Int) throws -> Double {
  var latencies = [UInt64](repeating: 0, count: count)
  guard cb_http_sequential(HTTPServers.port(holding: .zero), Int32(count), &latencies) == 0 else {
    throw Failure(what: "the worker did not answer")
  }
  return Statistics(latencies.map { Double($0) }).median
}

extension Workload {
  static let http = [
    Workload(name: "http.sequential") { _ = try await HTTPLoad(holding: .zero).medianOfSequential($0) },
    Workload(name: "c.http_sequential") { _ = try sequentialInC($0) },
  ]
}

/// One server for each time that requests are held.
private enum HTTPServers {
  private static let instant = cb_http_serve(0)
  private static let slow = cb_http_serve(held.nanoseconds)

  static func port(holding: Duration) -> Int32 { holding == .zero ? instant : slow }
}

/// A realm with one such worker.
@LoopActor private final class HTTPLoad {
  private static let budget = Duration.seconds(60)
  /// Requests until the connection stands and all tables have grown.
  private static let warmUp = 10

  private let port: Int32
  private let orchestrator = Orchestrator(seed: 1)
  private let loop = LoopActor.shared.loop
  private var submitted = 0
  private var under = 0
  private var overheads: [Double] = []
  private var failures = 0

  init(holding: Duration) throws {
    port = HTTPServers.port(holding: holding)
    var limits = HTTPSession.Limits()
    limits.callsMax = inFlight + 100
    let settings = HTTPWorkerSettings(try HTTPURL("http://127.0.0.1:\(port)"))
    let worker = try HTTPWorker(
      "w", settings, openai: OpenAIDialect(.chat), session: HTTPSession(limits: limits))
    orchestrator.set(RealmProfile("$CHAT", queueMax: inFlight))
    orchestrator.set(worker, WorkerProfile("w", realms: ["$CHAT"], slots: 1024))
  }

  private func intent() -> Intent {
    submitted += 1
    return Intent(
      id: "\(submitted)", realm: "$CHAT", payload: .text("turn on the light in the kitchen"),
      deadline: loop.now + Self.budget, origin: .api, user: "user \(submitted & 7)")
  }

  /// Nanoseconds from an intent to its outcome, one after the other.
  func medianOfSequential(_ count: Int) async throws -> Double {
    overheads.reserveCapacity(count + Self.warmUp)
    try await loop.wait(on: "the outcomes", until: loop.now + Self.budget) { (waiter: Waiter<Void>) in
      next(count + Self.warmUp, waiter)
    }
    orchestrator.stop()
    return Statistics(Array(overheads.dropFirst(Self.warmUp))).median
  }

  private func next(_ left: Int, _ waiter: Waiter<Void>) {
    let start = loop.now
    orchestrator.submit(intent()) { [self] outcome in
      guard case .completed = outcome else {
        return waiter.resume(throwing: Failure(what: "an intent did not complete: \(outcome)"))
      }
      overheads.append(Double((loop.now - start).nanoseconds))
      if left == 1 { return waiter.resume(returning: ()) }
      loop.post { self.next(left - 1, waiter) }
    }
  }

  /// A new one whenever one ends, spread over the time for which each is held: what an intent takes beyond
  /// that time, and what one under way takes of the heap beyond libcurl's own.
  func measureInFlight(seconds: Int64) async throws -> [Figure] {
    overheads.reserveCapacity(100_000)
    // First: libcurl takes less of a heap that it has used before.
    let plain = cb_http_held_bytes(port, Int32(inFlight))
    // Until the server has forgotten them: it would answer to the next who have their descriptors.
    try await loop.sleep(for: held + .seconds(1))
    let before = cb_heap_bytes()
    let gap = held / inFlight
    for index in 0..<inFlight {
      submit()
      if index % 5 == 4 { try await loop.sleep(for: gap * 5) }
    }
    let bytes = (Double(cb_heap_bytes()) - Double(before)) / Double(under)
    overheads.removeAll(keepingCapacity: true)
    try await loop.sleep(for: .seconds(seconds))
    let samples = Statistics(overheads)
    let (count, failed) = (under, failures)
    orchestrator.stop()
    return [
      Figure(name: "http.in_flight.count", unit: "count", value: Double(count)),
      Figure(name: "http.in_flight.failed", unit: "count", value: Double(failed), goal: 0),
      Figure(name: "http.in_flight.overhead_p50", unit: "ms", value: samples.median),
      Figure(name: "http.in_flight.overhead_p99", unit: "ms", value: samples.quantile(0.99), goal: 5),
      Figure(
        name: "http.in_flight.memory", unit: "bytes", value: max(0, bytes - plain), goal: 4096),
      Figure(name: "http.in_flight.memory_libcurl", unit: "bytes", value: plain),
    ]
  }

  private func submit() {
    under += 1
    let start = loop.now
    orchestrator.submit(intent()) { [weak self] outcome in
      guard let self else { return }
      under -= 1
      if case .rejected(.cancelled) = outcome { return }
      guard case .completed(let completion) = outcome, let held = Int64(completion.payload.text) else {
        return failures += 1
      }
      overheads.append((loop.now - start - .nanoseconds(held)).milliseconds)
      loop.post { self.submit() }
    }
  }
}
