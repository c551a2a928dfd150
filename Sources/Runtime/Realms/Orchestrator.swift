// SPDX-License-Identifier: Apache-2.0
import Intents
import Loop
import Time
import Workers

/// Executes what `Realms` decides: calls workers, probes them, keeps the timer, tells who asked.
///
/// Every intent that is submitted gets one outcome, at the latest when the loop has run its deadline's
/// timer. Whoever wants something of a worker (voice, rules, command line, other nodes) calls `submit`, or
/// `outcome(of:)` in a flow. `@LoopActor` only.
@LoopActor public final class Orchestrator {
  public typealias Piece = @LoopActor (Payload) -> Void
  public typealias Done = @LoopActor (Outcome) -> Void

  private struct Request {
    var intent: Intent
    var since: Instant
    var onPiece: Piece?
    var done: Done
  }

  private var machine: Realms
  private var workers: [String: any Worker] = [:]
  /// Removed ones that still have something to give up.
  private var leaving: Set<String> = []
  private var calls: [CallID: any WorkerCall] = [:]
  private var requests: [String: Request] = [:]
  private var probes: [String: Task<Void, any Error>] = [:]
  private var timer: TimerToken?
  /// What happened while actions were being performed: handled after these, in order.
  private var events: [RealmsEvent] = []
  private var isHandling = false
  /// How long the loop stays awake for the last call to a worker that answers at once.
  private var attention = Instant.zero
  private let loop = LoopActor.shared.loop
  /// Told of each intent that is taken, and of its end with the time between.
  public var onIntent: (@LoopActor (Intent) -> Void)?
  public var onOutcome: (@LoopActor (Intent, Outcome, Duration) -> Void)?
  /// What was wrong with a worker last, until it is well again.
  public private(set) var troubles: [String: WorkerFailure] = [:]
  private var health = HealthBoard()
  private var watchers: [String: [@LoopActor (ProbeResult) -> Void]] = [:]
  /// Told of what was refused: a change that cannot be made.
  public var onRefusedChange: (@LoopActor (String) -> Void)?
  /// Told when a worker or a realm is up or down.
  public var onHealth: (@LoopActor (HealthChange) -> Void)?

  /// - Parameter seed: of jitter and of random choices; the same seed decides the same.
  public init(limits: Realms.Limits = Realms.Limits(), seed: UInt64 = .random(in: 0 ... .max)) {
    machine = Realms(limits: limits, seed: seed)
  }

  // MARK: Intents

  /// Takes an intent; `done` is called once, perhaps before this returns. Pieces of a streamed answer
  /// are told first; the outcome holds all of it.
  public func submit(_ intent: Intent, onPiece: Piece? = nil, done: @escaping Done) {
    if requests[intent.id] != nil { return done(.rejected(.duplicate(id: intent.id))) }
    requests[intent.id] = Request(intent: intent, since: loop.now, onPiece: onPiece, done: done)
    onIntent?(intent)
    handle(.submitted(intent))
  }

  /// The same for a flow, whose end cancels the intent.
  public func outcome(of intent: Intent, onPiece: Piece? = nil) async -> Outcome {
    do {
      return try await loop.wait(on: "\(intent.realm): \(intent.id)") { (waiter: Waiter<Outcome>) in
        submit(intent, onPiece: onPiece) { waiter.resume(returning: $0) }
      }
    } catch {
      cancel(intent.id, .clientGone)
      return .rejected(.cancelled(.clientGone))
    }
  }

  /// Nobody has a use for the answer any more. An id that is not under way is ignored.
  public func cancel(_ id: String, _ cause: Cancellation) { handle(.cancelled(id: id, cause)) }

  // MARK: Realms and workers

  public var limits: Realms.Limits { machine.limits }

  /// Adds a realm or changes the one of this name.
  public func set(_ realm: RealmProfile) { handle(.realm(realm)) }

  public func remove(realm: String) {
    handle(.realmRemoved(realm))
    tell(health.review(machine))
  }

  /// Adds a worker or changes the one of this name.
  public func set(_ worker: any Worker, _ profile: WorkerProfile) {
    let former = workers.updateValue(worker, forKey: profile.name)
    leaving.remove(profile.name)
    handle(.worker(profile))
    guard let former, former !== worker else { return }
    former.retire()
    // What the former one would say says nothing of this one.
    if let probe = probes.removeValue(forKey: profile.name) {
      probe.cancel()
      self.probe(profile.name, machine.limits.probeBudget)
    }
  }

  public func remove(worker: String) {
    if workers[worker] != nil { leaving.insert(worker) }
    probes.removeValue(forKey: worker)?.cancel()
    handle(.workerRemoved(worker))
    tell(health.set(worker: worker, nil, machine) + health.review(machine))
  }

  /// It finishes what it has and gets nothing more, until it is set again or removed.
  public func drain(worker: String) {
    handle(.workerDrained(worker))
    tell(health.review(machine))
  }

  /// It is probed now; what comes of it is in the reports.
  public func wantProbe(worker: String) { handle(.probeWanted(worker: worker)) }

  /// Asks a worker for a sign of life now; nil: there is no such worker.
  public func probe(worker: String) async -> ProbeResult? {
    guard workers[worker] != nil, !leaving.contains(worker) else { return nil }
    return try? await loop.wait(on: "probe of \(worker)", until: loop.now + .seconds(10)) {
      (waiter: Waiter<ProbeResult>) in
      watchers[worker, default: []].append { waiter.resume(returning: $0) }
      handle(.probeWanted(worker: worker))
    }
  }

  /// Ends everything: each intent is rejected, each call given up.
  public func stop() {
    for id in requests.keys.sorted() { cancel(id, .shutdown) }
    for probe in probes.values { probe.cancel() }
    watchers = [:]
    probes = [:]
    if let timer = timer.take() { loop.cancel(timer) }
    for worker in workers.values { worker.retire() }
  }

  // MARK: For people

  /// Somebody serves the realm, or one behind it, whether he can at the moment or not.
  public func hasWorkers(realm: String) -> Bool { machine.hasWorkers(realm: realm) }
  public var realmReports: [RealmReport] { machine.realmReports }
  public var workerReports: [WorkerReport] { machine.workerReports(at: loop.now) }
  public func explanation(of id: String) -> Explanation? { machine.explanation(of: id) }

  // MARK: Events and actions

  private func handle(_ event: RealmsEvent) {
    if isHandling { return events.append(event) }
    isHandling = true
    handleNow(event)
    while !events.isEmpty { handleNow(events.removeFirst()) }
    isHandling = false
  }

  private func handleNow(_ event: RealmsEvent) {
    for action in machine.handle(event, at: loop.now) { perform(action) }
  }

  private func perform(_ action: RealmsAction) {
    switch action {
    case .call(let id, let worker, let intent, let budget): call(id, worker, intent, budget)
    case .cancelCall(let id, _): calls.removeValue(forKey: id)?.cancel()
    case .probe(let worker, let budget): probe(worker, budget)
    case .stream(let id, let piece): requests[id]?.onPiece?(piece)
    case .settle(let id, let outcome): settle(id, outcome)
    case .wake(let instant): wake(at: instant)
    case .released(let worker):
      if leaving.remove(worker) != nil {
        workers.removeValue(forKey: worker)?.retire()
        troubles[worker] = nil
      }
    case .duplicate: break
    case .changeRefused(let text): onRefusedChange?(text)
    }
  }

  private func settle(_ id: String, _ outcome: Outcome) {
    guard let request = requests.removeValue(forKey: id) else { return }
    onOutcome?(request.intent, outcome, loop.now - request.since)
    request.done(outcome)
  }

  private func call(_ id: CallID, _ name: String, _ intent: Intent, _ budget: Duration) {
    guard let worker = workers[name] else {
      return handle(.failed(id, WorkerFailure(worker: name, .unreachable, "it was removed")))
    }
    let now = loop.now
    let request = WorkerRequest(intent, deadline: min(intent.deadline, now + budget))
    if let usual = machine.usualLatency(of: name), usual <= EventLoop.quickMax {
      attention = now + EventLoop.quickMax
      loop.attend(until: attention)
    }
    calls[id] = worker.call(request) { [weak self] in self?.receive($0, of: id, name) }
  }

  private func receive(_ event: WorkerEvent, of id: CallID, _ worker: String) {
    switch event {
    case .started: if calls[id] != nil { handle(.started(id)) }
    case .piece(let piece): if calls[id] != nil { handle(.streamed(id, piece)) }
    case .ended(let result):
      guard calls.removeValue(forKey: id) != nil else { return }
      if calls.isEmpty { loop.relax(from: attention) }
      end(id, worker, result)
    }
  }

  private func end(_ id: CallID, _ worker: String, _ result: Result<Payload, WorkerFailure>) {
    switch result {
    case .success(let payload):
      if !troubles.isEmpty { troubles[worker] = nil }
      handle(.answered(id, payload))
      noteHealth(of: worker, nil)
    case .failure(let failure):
      troubles[worker] = failure
      handle(.failed(id, failure))
      noteHealth(of: worker, failure)
    }
  }

  private func probe(_ name: String, _ budget: Duration) {
    guard let worker = workers[name] else { return }
    let deadline = loop.now + budget
    probes[name] = LoopActor.spawn("probe \(name)") { [weak self] in
      let result = await worker.probe(until: deadline)
      guard let self, !Task.isCancelled, workers[name] === worker else { return }
      probes[name] = nil
      var trouble: WorkerFailure?
      if case .dead(let failure) = result { trouble = failure }
      troubles[name] = trouble
      handle(.probed(worker: name, result))
      noteHealth(of: name, trouble)
      for watcher in watchers.removeValue(forKey: name) ?? [] { watcher(result) }
    }
  }

  // MARK: Health

  /// A worker has answered, or it has failed.
  private func noteHealth(of worker: String, _ failure: WorkerFailure?) {
    if failure == nil, health.isUp(worker) { return }
    if workers[worker] == nil || leaving.contains(worker) { return }
    guard let failure else { return tell(health.set(worker: worker, true, machine)) }
    if failure.kind.isFault, !machine.isTrusted(worker: worker) {
      tell(health.set(worker: worker, false, machine))
    }
  }

  private func tell(_ changes: [HealthChange]) { for change in changes { onHealth?(change) } }

  private func wake(at instant: Instant) {
    if let timer { loop.cancel(timer) }
    timer = loop.at(instant, name: "realms") { [weak self] in
      self?.timer = nil
      self?.handle(.tick)
    }
  }
}
