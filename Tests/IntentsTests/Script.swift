// SPDX-License-Identifier: Apache-2.0
import Intents
import Time

/// Plays a script on `Realms`, a line per event, and tells what it does, a line per action.
///
/// Each line begins with milliseconds. Timers run by themselves. Calls are named by intent and worker.
///
///     0 submit a [deadline=8000] [realm=$CHAT] [user=u] [priority=high] [model=m] [idempotent]
///     0 answer a w1 · 0 fail a w1 busy [retry=500] · 0 start a w1 · 0 piece a w1 · 0 cancel a
///     0 probe w1 ok|busy|dead [models=m] [slots=2]
///     0 worker w3 [slots=2] [realms=$CHAT,$VISION] [models=m,n]
///     0 drain w1 · 0 remove w1 · 0 unrealm $CHAT · 900 wait
struct Script {
  private(set) var machine: Realms
  private(set) var told: [String] = []
  private var calls: [String: CallID] = [:]
  private var now = Instant(milliseconds: 0)
  /// Probes are answered by themselves unless a test is about them.
  private let answersProbes: Bool

  init(
    limits: Realms.Limits = Realms.Limits(), realms: [RealmProfile], workers: [WorkerProfile],
    answersProbes: Bool = true
  ) {
    self.answersProbes = answersProbes
    machine = Realms(limits: limits, seed: 1)
    for realm in realms { handle(.realm(realm)) }
    for worker in workers { handle(.worker(worker)) }
  }

  /// - Returns: everything told from the first line to the last.
  mutating func play(_ lines: [String]) -> [String] {
    for line in lines { play(line) }
    return told
  }

  mutating func play(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    pass(until: Instant(milliseconds: UInt64(words[0]) ?? 0))
    event(words).map { handle($0) }
  }

  private mutating func pass(until instant: Instant) {
    while let wake = machine.nextWake, wake <= instant {
      now = max(now, wake)
      handle(.tick)
    }
    now = instant
  }

  private func event(_ words: [String]) -> RealmsEvent? {
    let options = Dictionary(
      words.filter { $0.contains("=") }.map { word in
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        return (parts[0], parts.last ?? "")
      }
    ) { $1 }
    let name = words.count > 2 ? words[2] : ""
    let call = words.count > 3 ? calls["\(name) \(words[3])"] : nil
    switch words[1] {
    case "submit": return .submitted(intent(name, options, isIdempotent: words.contains("idempotent")))
    case "answer": return call.map { .answered($0, .text("said \(name)")) }
    case "fail":
      let kind = WorkerFailure.Kind(rawValue: words[4]) ?? .broken
      let pause = options["retry"].flatMap { Int($0) }.map { Duration.milliseconds($0) }
      return call.map { .failed($0, WorkerFailure(worker: words[3], kind, "text", retryAfter: pause)) }
    case "start": return call.map { .started($0) }
    case "piece": return call.map { .streamed($0, .text("piece")) }
    case "cancel": return .cancelled(id: name, .user)
    case "probe": return .probed(worker: name, result(of: name, words[3], options))
    case "worker": return .worker(worker(name, options))
    case "drain": return .workerDrained(name)
    case "remove": return .workerRemoved(name)
    case "unrealm": return .realmRemoved(name)
    default: return nil
    }
  }

  private func intent(_ id: String, _ options: [String: String], isIdempotent: Bool) -> Intent {
    let budget = options["deadline"].flatMap { Int($0) } ?? 8000
    return Intent(
      id: id, realm: options["realm"] ?? "$CHAT", payload: .text(options["text"] ?? ""),
      model: options["model"], deadline: now + .milliseconds(budget),
      priority: options["priority"].flatMap { Intent.Priority(rawValue: $0) } ?? .normal, origin: .user,
      user: options["user"], isIdempotent: isIdempotent)
  }

  private func worker(_ name: String, _ options: [String: String]) -> WorkerProfile {
    WorkerProfile(
      name, realms: options["realms"].map(Self.list) ?? ["$CHAT"],
      models: options["models"].map(Self.list) ?? [], slots: options["slots"].flatMap { Int($0) })
  }

  private static func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

  private func result(of worker: String, _ word: String, _ options: [String: String]) -> ProbeResult {
    switch word {
    case "ok":
      .alive(
        Capabilities(
          models: options["models"].map(Self.list) ?? [], slots: options["slots"].flatMap { Int($0) }))
    case "busy": .busy
    default: .dead(WorkerFailure(worker: worker, .unreachable, "text"))
    }
  }

  mutating func handle(_ event: RealmsEvent) {
    let actions = machine.handle(event, at: now)
    for action in actions { note(action) }
    guard answersProbes else { return }
    for case .probe(let worker, _) in actions {
      handle(.probed(worker: worker, result(of: worker, "ok", [:])))
    }
  }

  private mutating func note(_ action: RealmsAction) {
    switch action {
    case .wake: return
    case .probe(let worker, _): if !answersProbes { tell("probe \(worker)") }
    case .call(let id, let worker, let intent, _):
      calls["\(intent.id) \(worker)"] = id
      tell("call \(intent.id) \(worker)")
    case .cancelCall(let id, let worker):
      tell("cancel \(calls.first { $0.value == id }?.key ?? "? \(worker)")")
    case .stream(let id, _): tell("stream \(id)")
    case .settle(let id, let outcome): tell("\(id) \(Self.text(outcome))")
    case .released(let worker): tell("released \(worker)")
    case .duplicate(let id): tell("duplicate \(id)")
    case .changeRefused(let text): tell("refused: \(text)")
    }
  }

  private mutating func tell(_ text: String) { told.append("\(now.nanoseconds / 1_000_000) \(text)") }

  static func text(_ outcome: Outcome) -> String {
    switch outcome {
    case .completed(let completion): "completed by \(completion.worker)"
    case .failed(_, let errors):
      "failed: \(errors.map { "\($0.worker) \($0.kind.rawValue)" }.joined(separator: ", "))"
    case .rejected(let refusal): "rejected: \(refusal)"
    case .expired(let stage): "expired: \(stage)"
    }
  }
}

extension Instant {
  init(milliseconds: UInt64) { self.init(nanoseconds: milliseconds * 1_000_000) }
}
