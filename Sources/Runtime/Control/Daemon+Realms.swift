// SPDX-License-Identifier: Apache-2.0
import Configuration
import Intents
import Loop
import Time
import Workers

/// What the command line asks about realms and workers.
extension Daemon {
  /// A question: a text that may be a command, or something for a realm.
  func ask(_ request: ControlRequest, _ session: ControlSession) {
    let text = request.text ?? ""
    let payload = Payload(
      text: text,
      media: zip(request.media ?? [], session.media).map { Payload.Media(type: $0.type, bytes: $1) })
    if text.isEmpty, payload.media.isEmpty {
      return session.finish(ControlReply(error: "nothing was asked"))
    }
    let exchange = exchange(nil, budget: budget(of: request))
    asked += 1
    let realm = request.realm ?? (payload.image == nil ? "$COMMAND" : "$VISION")
    let intent = Intent(
      id: "ask-\(asked)", realm: realm, payload: payload, model: request.model, deadline: exchange.deadline,
      origin: .user)
    let question = LoopActor.spawn(intent.id) { [self] in
      let outcome =
        realm == "$COMMAND"
        ? await understood(intent, exchange, session) : await asked(realm, intent, session)
      finish(session, intent.id, outcome)
    }
    session.onEnd = { question.cancel() }
  }

  /// The words of a sound are taken for what was typed.
  private func understood(_ intent: Intent, _ exchange: Exchange, _ session: ControlSession) async -> Outcome
  {
    var intent = intent
    if intent.payload.text.isEmpty, intent.payload.audio != nil {
      workforce.useSpare()
      var heard = intent
      (heard.id, heard.realm, heard.parent) = ("\(intent.id).heard", "$SPEECH", intent.id)
      let outcome = await orchestrator.outcome(of: heard)
      guard case .completed(let transcript) = outcome else { return outcome }
      intent.payload = .text(transcript.payload.text)
      session.send(ControlReply(heard: transcript.payload.text))
    }
    return await commands.perform(intent, exchange, .written { session.send(ControlReply(piece: $0)) })
  }

  private func asked(_ realm: String, _ intent: Intent, _ session: ControlSession) async -> Outcome {
    workforce.useSpare()
    answers.note(.init(id: intent.id, realm: realm, because: "it was asked for", steps: [intent.id]))
    return await orchestrator.outcome(of: intent) { piece in
      if !piece.text.isEmpty { session.send(ControlReply(piece: piece.text)) }
    }
  }

  private func finish(_ session: ControlSession, _ id: String, _ outcome: Outcome) {
    switch outcome {
    case .completed(let completion):
      for media in completion.payload.media {
        session.send(ControlReply(media: MediaReport(type: media.type, base64: Base64.encode(media.bytes))))
      }
      session.finish(ControlReply(answer: report(id, completion), done: completion.payload.text))
    case .failed(let reason, let errors):
      let told = errors.filter { !reason.contains($0.text) }.map(\.description)
      session.finish(ControlReply(error: ([reason] + told).joined(separator: "; ")))
    case .rejected(let refusal): session.finish(ControlReply(error: "\(refusal)"))
    case .expired(let stage): session.finish(ControlReply(error: "too late: \(stage)"))
    }
  }

  private func report(_ id: String, _ completion: Completion) -> AnswerReport? {
    guard let decision = answers.decision(about: id), let realm = decision.realm else { return nil }
    var done = completion
    if done.worker.isEmpty, let step = decision.steps.last,
      case .completed(let inner)? = orchestrator.explanation(of: step)?.outcome
    {
      done = inner
    }
    return AnswerReport(
      id: id, realm: realm, worker: done.worker, attempts: done.attempts,
      queuedMS: done.timings.queued.milliseconds, firstOutputMS: done.timings.firstOutput?.milliseconds,
      servedMS: done.timings.served.milliseconds)
  }

  // MARK: Reports

  func realmStatus() -> [RealmStatus] {
    let types = Dictionary(workforce.realms.map { ($0.name, $0.kind.rawValue) }) { first, _ in first }
    return orchestrator.realmReports.map { realm in
      RealmStatus(
        realm, type: types[realm.name] ?? "chat",
        source: (workforce.source(ofRealm: realm.name) ?? .configuration).rawValue)
    }
  }

  func workerStatus() -> [WorkerStatus] {
    orchestrator.workerReports.map { worker in
      WorkerStatus(
        name: worker.name, kind: workforce.settings(of: worker.name)?.kind.rawValue ?? "?",
        source: workforce.source(of: worker.name)?.rawValue ?? "?", state: worker.state.rawValue,
        realms: worker.realms, models: worker.models, slots: worker.slots, inFlight: worker.inFlight,
        score: worker.health.score, answered: worker.answered, failed: worker.failed,
        latencyMS: worker.latency?.milliseconds,
        trouble: orchestrator.troubles[worker.name].map { "\($0.kind.rawValue): \($0.text)" })
    }
  }

  func why(_ request: ControlRequest, _ session: ControlSession) {
    guard let id = request.name ?? answers.latest else {
      return session.finish(ControlReply(error: "nothing was asked yet"))
    }
    let decision = answers.decision(about: id)
    let courses = (decision?.steps ?? [id]).compactMap { orchestrator.explanation(of: $0) }
    if decision == nil, courses.isEmpty {
      let text = "no intent '\(id)' is under way or among the last \(Answers.decisionsMax) that ended"
      return session.finish(ControlReply(error: text))
    }
    let intent = courses.first?.intent
    session.send(
      ControlReply(
        why: WhyReport(
          id: id, origin: intent?.origin.rawValue, user: intent?.user, realm: decision?.realm,
          because: decision?.because, courses: courses.map(WhyReport.Course.init))))
    session.finish(.ok)
  }

  // MARK: Changes

  func changeWorkers(_ request: ControlRequest, _ session: ControlSession) {
    let name = request.name ?? ""
    LoopActor.spawn("\(request.verb.rawValue) \(name)") { [self] in
      do {
        switch request.verb {
        case .addWorker: try await addWorkers(request.text ?? "", isSaved: request.isSaved ?? false)
        case .removeWorker: try await removeWorker(name)
        case .drainWorker: try workforce.drain(name)
        case .addRealm, .changeRealm:
          try await setRealms(
            request.text ?? "", isNew: request.verb == .addRealm, isSaved: request.isSaved ?? false)
        case .removeRealm: try await removeRealm(name)
        default: break
        }
        session.finish(.ok)
      } catch { session.finish(ControlReply(error: "\(error)")) }
    }
  }

  /// One worker, or all of them at the same time.
  func probeWorkers(_ request: ControlRequest, _ session: ControlSession) {
    workforce.useSpare()
    let all = orchestrator.workerReports.map(\.name)
    if let name = request.name, !all.contains(name) {
      return session.finish(ControlReply(error: workforce.unknown(name).description))
    }
    let probes = (request.name.map { [$0] } ?? all).map { name in
      LoopActor.spawn("probe of \(name)") { [orchestrator] in
        if let result = await orchestrator.probe(worker: name) {
          session.send(ControlReply(probe: ProbeReport(name, result)))
        }
      }
    }
    LoopActor.spawn("probes") {
      for probe in probes { try? await probe.value }
      session.finish(.ok)
    }
  }
}
