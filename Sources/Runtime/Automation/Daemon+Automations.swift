// SPDX-License-Identifier: Apache-2.0
import Automation
import Configuration
import Intents
import JSON
import Loop
import Store
import Time

/// What automations hear of, and what their steps need.
extension Daemon {
  /// How often the sound level is looked at while some automation waits for it.
  static let soundInterval: Duration = .milliseconds(500)

  func connectAutomations() {
    automations.onListen = { [unowned self] listening in voice?.handle(listening.event) }
    automations.ask = { [unowned self] in await orchestrator.outcome(of: $0) }
    automations.onOwed = { [unowned self] in sender?.serve($0) }
    lines.onLevel = { [unowned self] line, isOn in automations.value(.level(line: line), .bool(isOn)) }
    sensors.onValue = { [unowned self] name, value in
      automations.value(.sensor(name), value.map { .number($0) } ?? .null)
    }
    webhooks.onCall = { [unowned self] name, data in
      let trigger = Trigger.webhook(name)
      guard automations.isAwaited(trigger) else { return false }
      automations.fire(trigger, data, exchange: exchange(nil))
      return true
    }
    // A process that mtor has started itself is up as long as it runs.
    let own = Set(services.children.map(\.name))
    for child in services.children {
      automations.value(.worker(child.name), .string(child.pid == nil ? "down" : "up"))
    }
    orchestrator.onHealth = { [unowned self] change in
      let value: JSONValue = change.isUp.map { $0 ? "up" : "down" } ?? .null
      switch change.subject {
      case .worker(let name): if !own.contains(name) { automations.value(.worker(name), value) }
      case .realm(let name): automations.value(.realm(name), value)
      }
    }
  }

  /// From here on they run: those of the last start first.
  func startAutomations() {
    applyAutomationSettings(settings)
    webhooks.apply(settings)
    automations.start()
    automations.fire(.start, exchange: exchange(nil))
  }

  /// What steps and triggers need of the configuration, also after a reload.
  func applyAutomationSettings(_ settings: Settings) {
    automations.channels = Dictionary(settings.channels.map { ($0.name, $0.item) }) { first, _ in first }
    sender?.apply(settings.channels)
    sensors.apply(settings.sensors)
    listenToLevel()
  }

  func stopAutomations() {
    automations.stop()
    sensors.stop()
    webhooks.stop()
    sender?.stop()
    soundTimer?.cancel()
  }

  private func listenToLevel() {
    soundTimer?.cancel()
    soundTimer = nil
    guard automations.isAwaited(.sound) else { return }
    soundTimer = loop.every(Self.soundInterval, name: "sound level") { [unowned self] in
      guard let level = voice?.levelDBFS else { return }
      automations.value(.sound, .number(Double(level)))
    }
  }

  /// A row that was written may be what an automation waits for.
  func tellAutomations(_ fact: Fact) {
    switch fact {
    case .workerStarted(let name, _): automations.value(.worker(name), "up")
    case .workerEnded(let name, _): automations.value(.worker(name), "down")
    case .outcome(let id, let outcome, _, _):
      // Its realm was in the row of the intent.
      automations.happened(
        .outcome(realm: realms.removeValue(forKey: id) ?? ""),
        ["intent": .string(id), "outcome": .string(outcome.word)])
    case .intent(let id, let realm, _, _):
      if automations.isAwaited(.outcome(realm: realm)), realms.count < Self.realmsMax { realms[id] = realm }
    default: break
    }
    automations.happened(.journal(fact.kind), fact.body)
  }

  /// Intents under way whose end some automation waits for.
  static let realmsMax = 1024

  /// `mtor tasks approve` and its like.
  func decide(_ request: ControlRequest, _ session: ControlSession) {
    let text = request.name ?? ""
    guard let run = UInt64(text) else {
      return session.finish(ControlReply(error: "'\(text)' is no number of a run: see 'mtor tasks'"))
    }
    let event: Engine.Event =
      switch request.verb {
      case .approve: .approved(run: run, true)
      case .refuse: .approved(run: run, false)
      case .retry: .retried(run: run)
      default: .cancelled(run: run)
      }
    if automations.decide(run, event) { return session.finish(.ok) }
    let isThere = automations.reports.contains { $0.run == run }
    session.finish(
      ControlReply(
        error: isThere ? "run \(run) does not wait for that" : "there is no run \(run): see 'mtor tasks'"))
  }

  /// `mtor automation trigger NAME [JSON]`
  func hook(_ request: ControlRequest, _ session: ControlSession) {
    let trigger = Trigger.webhook(request.name ?? "")
    guard automations.isAwaited(trigger) else {
      return session.finish(ControlReply(error: "no automation has 'on: \(trigger.text)'"))
    }
    let data = request.text.map { (try? JSONText.value(Array($0.utf8)))?.objectValue }
    guard data != .some(nil) else {
      return session.finish(ControlReply(error: "what is given with it must be a JSON object"))
    }
    automations.fire(trigger, (data ?? [:]) ?? [:], exchange: exchange(nil))
    session.finish(.ok)
  }

  /// Runs of automations, for `mtor tasks`.
  func runReports() -> [RunStatus] {
    automations.reports.map { report in
      RunStatus(
        run: report.run, rule: report.rule, state: report.state, on: report.on,
        forMS: max(0, Double(Stamp.now.wall - report.since) / 1e6),
        deadlineInMS: report.left.map { Double($0) / 1e6 }, isDurable: report.isDurable)
    }
  }
}
