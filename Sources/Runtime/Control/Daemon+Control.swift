// SPDX-License-Identifier: Apache-2.0
import Automation
import Log
import Loop
import Speech
import Time

extension Daemon {
  /// Longest budget a request may ask for.
  static let requestBudgetMax: Duration = .seconds(120)

  /// How long `mtor gpio press` holds a simulated button.
  static let pressTime: Duration = .milliseconds(100)

  /// Serves one request of the command line.
  func answer(_ request: ControlRequest, _ session: ControlSession) {
    switch request.verb {
    case .status: session.send(ControlReply(status: status())); session.finish(.ok)
    case .tasks: session.send(ControlReply(tasks: tasks(), runs: runReports())); session.finish(.ok)
    case .lines: session.send(ControlReply(lines: lineReports())); session.finish(.ok)
    case .listen: follow(session)
    case .watch: watch(request.name, session)
    case .ask: ask(request, session)
    case .say: say(request, session)
    case .trigger: trigger(session)
    case .set, .toggle: drive(request, session)
    case .press: press(request, session)
    case .level: setLevel(request, session)
    case .reload: reload(session)
    case .approve, .refuse, .cancel, .retry: decide(request, session)
    case .hook: hook(request, session)
    case .realms: session.send(ControlReply(realms: realmStatus())); session.finish(.ok)
    case .workers: session.send(ControlReply(workers: workerStatus())); session.finish(.ok)
    case .why: why(request, session)
    case .addWorker, .removeWorker, .drainWorker, .addRealm, .changeRealm, .removeRealm:
      changeWorkers(request, session)
    case .probeWorkers: probeWorkers(request, session)
    }
  }

  private func follow(_ session: ControlSession) {
    let id = timeline.add { session.send(ControlReply(entry: $0)) }
    session.onEnd = { [timeline] in timeline.remove(id) }
  }

  private func watch(_ name: String?, _ session: ControlSession) {
    if let name, !settings.lines.contains(where: { $0.name == name }) {
      return session.finish(ControlReply(error: unknownLine(name)))
    }
    lastObserver += 1
    let id = lastObserver
    lineObservers[id] = { edge in
      if let name, name != edge.line { return }
      session.send(ControlReply(edge: EdgeReport(edge)))
    }
    session.onEnd = { [unowned self] in lineObservers[id] = nil }
  }

  private func say(_ request: ControlRequest, _ session: ControlSession) {
    let deadline = loop.now + budget(of: request)
    LoopActor.spawn("say") { [replies] in
      do {
        let wasHeard = try await replies.say(request.text ?? "", deadline: deadline)
        session.finish(wasHeard ? .ok : ControlReply(error: "the reply was cut off"))
      } catch { session.finish(ControlReply(error: "\(error)")) }
    }
  }

  private func trigger(_ session: ControlSession) {
    guard let voice else {
      return session.finish(ControlReply(error: "the microphone is off (microphone.source)"))
    }
    voice.handle(.trigger(.api))
    session.finish(.ok)
  }

  private func drive(_ request: ControlRequest, _ session: ControlSession) {
    let name = request.name ?? ""
    guard let line = settings.lines.first(where: { $0.name == name }) else {
      return session.finish(ControlReply(error: unknownLine(name)))
    }
    if line.direction == .input {
      return session.finish(ControlReply(error: "\(name) is an input; only outputs and LEDs are set"))
    }
    let command: OutputMachine.Command = request.verb == .toggle ? .toggle : .set(request.on ?? true)
    session.finish(
      lines.command(name, command) ? .ok : ControlReply(error: "\(name) is not to be had now (mtor status)"))
  }

  private func press(_ request: ControlRequest, _ session: ControlSession) {
    guard let simulated = devices.lines as? any SimulatedInputs else {
      return session.finish(ControlReply(error: "only simulated lines can be pressed (--board sim)"))
    }
    let name = request.name ?? ""
    guard simulated.drive(name, request.on ?? true) else {
      return session.finish(ControlReply(error: unknownLine(name)))
    }
    if request.on == nil {
      _ = loop.after(Self.pressTime, name: "press") { _ = simulated.drive(name, false) }
    }
    session.finish(.ok)
  }

  private func setLevel(_ request: ControlRequest, _ session: ControlSession) {
    guard let level = request.text.flatMap(LogLevel.init(name:)) else {
      let known = LogLevel.allCases.map(\.name).joined(separator: ", ")
      return session.finish(ControlReply(error: "no log level '\(request.text ?? "")'. Allowed: \(known)."))
    }
    if let module = request.name { Logging.setLevel(level, of: module) } else { Logging.level = level }
    session.finish(.ok)
  }

  private func reload(_ session: ControlSession) {
    guard let onReload else {
      return session.finish(ControlReply(error: "this daemon has no file to read again"))
    }
    LoopActor.spawn("reload") {
      session.finish(await onReload().map { ControlReply(error: $0) } ?? .ok)
    }
  }

  func budget(of request: ControlRequest) -> Duration {
    let wanted = request.budgetMS.map { Duration.milliseconds(Int64($0)) } ?? .seconds(30)
    return max(.zero, min(Self.requestBudgetMax, wanted))
  }

  private func unknownLine(_ name: String) -> String {
    let known = settings.lines.map(\.name).joined(separator: ", ")
    return "no line '\(name)'. Lines: \(known.isEmpty ? "none are configured" : known)."
  }
}

/// Lines whose inputs can be moved by hand: the simulator's.
@LoopActor public protocol SimulatedInputs: AnyObject {
  /// Sets the logical level of an input; false when there is no such input.
  func drive(_ line: String, _ isActive: Bool) -> Bool
}
