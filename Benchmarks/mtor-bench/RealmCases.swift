// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPClient
import Intents
import Loop
import Posix
import Runtime
import Time
import Workers

/// Realms in front of real workers: processes that speak HTTP and do one request at a time.
let realmCases: [Case] = [
  Case(name: "realms.four_workers") { options in
    let load = try await RealmLoad(workers: 4, milliseconds: 500)
    defer { load.stop() }
    return await load.measureShare(seconds: options.isSmoke ? 2 : 10)
  },
  Case(name: "realms.killed") { options in
    let load = try await RealmLoad(workers: 2, milliseconds: 100)
    defer { load.stop() }
    return await load.measureKill(seconds: options.isSmoke ? 2 : 10)
  },
]

/// Clients that ask one after the other, and workers for them.
@LoopActor private final class RealmLoad {
  /// For each intent: enough for a second try.
  private static let budget: Duration = .seconds(20)

  private let orchestrator = Orchestrator(seed: 1)
  private let loop = LoopActor.shared.loop
  private var children: [Child] = []
  private var readers: [LineReader] = []
  private var submitted = 0
  private var completed = 0
  private var unanswered = 0
  private var isOver = false

  init(workers: Int, milliseconds: Int) async throws {
    orchestrator.set(RealmProfile("$CHAT"))
    for index in 0..<workers {
      let port = try await startWorker(milliseconds)
      let settings = HTTPWorkerSettings(try HTTPURL("http://127.0.0.1:\(port)"))
      let worker = try HTTPWorker("w\(index)", settings, openai: OpenAIDialect(.chat))
      orchestrator.set(worker, WorkerProfile("w\(index)", realms: ["$CHAT"], slots: 1))
    }
  }

  private func startWorker(_ milliseconds: Int) async throws -> Int {
    let script = "\(#filePath.dropLast("RealmCases.swift".count))slow_worker.py"
    let path = ServiceManager.environment("PATH") ?? "/usr/bin:/bin"
    let program = Program(
      ["python3", script, "\(milliseconds)"], environment: ["PATH=\(path)"], output: .pipe, error: .pipe)
    return try await loop.wait(on: "a worker's port", until: loop.now + .seconds(20)) {
      (waiter: Waiter<Int>) in
      do throws(SystemError) {
        let child = try Child(program) { _ in waiter.resume(throwing: Failure(what: "a worker ended")) }
        children.append(child)
        readers += try child.readLines { line in Int(line).map { waiter.resume(returning: $0) } }
      } catch { waiter.resume(throwing: error) }
    }
  }

  func stop() {
    isOver = true
    orchestrator.stop()
    for child in children { child.signal(SIGKILL) }
    for reader in readers { reader.finish() }
  }

  /// 16 clients: answers in a second against the ideal, and how evenly workers are used.
  func measureShare(seconds: Int64) async -> [Figure] {
    for _ in 0..<16 { ask() }
    await pause(.seconds(2))
    let before = orchestrator.workerReports.map(\.answered)
    let began = loop.now
    await pause(.seconds(seconds))
    let counts = zip(orchestrator.workerReports.map(\.answered), before).map { Double($0 - $1) }
    let rate = counts.reduce(0, +) / ((loop.now - began).milliseconds / 1000)
    let mean = counts.reduce(0, +) / Double(counts.count)
    let spread = counts.map { abs($0 - mean) / mean * 100 }.max() ?? 100
    return [
      Figure(name: "realms.four_workers.rate", unit: "1/s", value: rate),
      // 7.8 of 8.
      Figure(name: "realms.four_workers.lost", unit: "%", value: max(0, 100 - rate / 8 * 100), goal: 2.5),
      Figure(name: "realms.four_workers.spread", unit: "%", value: spread, goal: 10),
    ]
  }

  /// Kills one of two workers under load.
  func measureKill(seconds: Int64) async -> [Figure] {
    for _ in 0..<4 { ask() }
    await pause(.seconds(1))
    let before = orchestrator.workerReports[0].failed
    children[0].signal(SIGKILL)
    await pause(.seconds(2))
    let noticed = orchestrator.workerReports[0].failed
    await pause(.seconds(seconds))
    let after = orchestrator.workerReports[0].failed
    return [
      Figure(name: "realms.killed.unanswered", unit: "count", value: Double(unanswered), goal: 0),
      // Until it is known to be dead, and from then on, where probes alone ask it.
      Figure(name: "realms.killed.asked_until_known", unit: "count", value: Double(noticed - before)),
      Figure(name: "realms.killed.asked_later", unit: "count", value: Double(after - noticed), goal: 0),
      Figure(name: "realms.killed.completed", unit: "count", value: Double(completed)),
    ]
  }

  private func ask() {
    if isOver { return }
    submitted += 1
    let intent = Intent(
      id: "\(submitted)", realm: "$CHAT", payload: .text("yes?"), deadline: loop.now + Self.budget,
      origin: .api, user: "user \(submitted % 4)", isIdempotent: true)
    orchestrator.submit(intent) { [weak self] outcome in
      guard let self, !isOver else { return }
      if case .completed = outcome { completed += 1 } else { unanswered += 1 }
      // Not at once: a refusal must not turn into a loop.
      loop.post { self.ask() }
    }
  }

  private func pause(_ duration: Duration) async { try? await loop.sleep(for: duration) }
}
