// SPDX-License-Identifier: Apache-2.0
import Automation

/// Automations: their triggers, the lines they drive, the names in their texts and conditions.
struct AutomationCheck {
  private let settings: Settings
  private let commands: CommandCheck

  init(_ settings: Settings, _ commands: CommandCheck) {
    self.settings = settings
    self.commands = commands
  }

  func run(_ reader: inout Reader) {
    for rule in settings.automations {
      let path = "automations.\(rule.name)"
      for (index, watch) in rule.watches.enumerated() {
        check(watch, rule.watches.count == 1 ? "\(path).on" : "\(path).on[\(index)]", &reader)
      }
      if let condition = rule.condition { check(condition, "\(path).if", &reader) }
      check(rule.steps, of: rule, "\(path).do", &reader, depth: 1)
    }
    for webhook in settings.webhooks where !isAwaited(.webhook(webhook.name)) {
      reader.note(
        at: "webhooks.\(webhook.name)", "no automation has 'on: webhook.\(webhook.name)', nor waits for it.")
    }
    if let zone = settings.timeZone, settings.zone == nil {
      reader.note(
        at: "time_zone",
        "there is no zone \(quoted(zone)) in \(Settings.zoneFolder). Write Europe/Berlin or alike.")
    }
  }

  private func isAwaited(_ trigger: Trigger) -> Bool {
    settings.automations.contains { rule in
      rule.watches.contains { $0.trigger == trigger } || awaits(trigger, rule.steps)
    }
  }

  private func awaits(_ trigger: Trigger, _ steps: [Step]) -> Bool {
    steps.contains { step in
      switch step {
      case .await(trigger, _, _): true
      case .approve(let approval) where (approval.yes + approval.no).contains(trigger): true
      default: step.blocks.contains { awaits(trigger, $0) }
      }
    }
  }

  // MARK: Triggers

  private func check(_ watch: Watch, _ path: String, _ reader: inout Reader) {
    if let condition = watch.condition { check(condition, path, &reader) }
    switch watch.source {
    case .trigger(let trigger):
      check(trigger, path, &reader)
      if watch.test != nil, !trigger.isValue {
        reader.note(at: path, "\(trigger.text) is a moment and has no value for is, above or below.")
      }
    case .schedule(.sun) where settings.location == LocationSettings():
      reader.note(at: path, "the sun needs to know where: give location.latitude and location.longitude.")
    case .schedule: break
    }
  }

  private func check(_ trigger: Trigger, _ path: String, _ reader: inout Reader) {
    switch trigger {
    case .command(let name):
      known(name, settings.commands.map(\.name), "there is no command", "Commands", path, &reader)
    case .sensor(let name):
      known(name, settings.sensors.map(\.name), "there is no sensor", "Sensors", path, &reader)
    case .worker(let name):
      known(name, settings.workers.map(\.name), "there is no worker", "Workers", path, &reader)
    case .level(let name):
      let inputs = settings.lines.filter { $0.direction == .input }.map(\.name)
      known(name, inputs, "gpio has no input", "Inputs", path, &reader)
    case .gesture(let name, let gesture): check(gesture, of: name, path, &reader)
    case .start, .shutdown, .webhook, .journal, .outcome, .realm, .sound: return
    }
  }

  private func known(
    _ name: String, _ names: [String], _ what: String, _ label: String, _ path: String, _ reader: inout Reader
  ) {
    if names.contains(name) { return }
    reader.note(at: path, "\(what) \(quoted(name)).\(Nearest.advice(name, in: names, label: label))")
  }

  private func check(_ gesture: Gesture, of name: String, _ path: String, _ reader: inout Reader) {
    let inputs = settings.lines.filter { $0.direction == .input }
    guard let line = inputs.first(where: { $0.name == name }) else {
      return known(name, inputs.map(\.name), "gpio has no input", "Inputs", path, &reader)
    }
    let isFitting = Self.gestures(of: line.kind).contains(gesture)
    if isFitting { return }
    let allowed = Self.gestures(of: line.kind).map(\.rawValue).joined(separator: ", ")
    reader.note(
      at: path,
      "'\(gesture.rawValue)' does not come from a line of kind \(line.kind.rawValue). Allowed: \(allowed).")
  }

  private static func gestures(of kind: LineSettings.Kind) -> [Gesture] {
    switch kind {
    case .button: [.press, .release, .click, .double, .triple, .multi, .hold]
    case .contact: [.press, .release]
    case .motion: [.motion, .noMotion]
    }
  }

  // MARK: Expressions

  private func check(_ expression: Expression, _ path: String, _ reader: inout Reader) {
    for name in expression.names where name.count > 1 {
      switch name[0] {
      case "line": known(name[1], settings.lines.map(\.name), "gpio has no line", "Lines", path, &reader)
      case "sensor":
        known(name[1], settings.sensors.map(\.name), "there is no sensor", "Sensors", path, &reader)
      case "worker":
        known(name[1], settings.workers.map(\.name), "there is no worker", "Workers", path, &reader)
      default: continue
      }
    }
  }

  // MARK: Steps

  private func check(
    _ steps: [Step], of rule: Rule, _ path: String, _ reader: inout Reader, depth: Int
  ) {
    if depth > StepSchema.depthMax {
      return reader.note(at: path, "more than \(StepSchema.depthMax) levels of steps within steps.")
    }
    for (index, step) in steps.enumerated() {
      let place = "\(path)[\(index)]"
      check(step, of: rule, "\(place).\(StepDraft(step).kind.rawValue)", &reader)
      for block in step.blocks { check(block, of: rule, place, &reader, depth: depth + 1) }
    }
  }

  private func check(_ step: Step, of rule: Rule, _ path: String, _ reader: inout Reader) {
    if let line = step.line { return checkLine(line, of: rule, path, &reader) }
    switch step {
    case .say(let text), .play(let text), .log(let text): _ = checkSlots(text, of: rule, path, &reader)
    case .run(let argv, _): argv.forEach { _ = checkSlots($0, of: rule, path, &reader) }
    case .ask(let question): _ = checkSlots(question.text, of: rule, path, &reader)
    case .http(let request): checkExpressions([request.url, request.body ?? ""], path, &reader)
    case .notify(let channel, let text):
      known(channel, settings.channels.map(\.name), "there is no channel", "Notifications", path, &reader)
      _ = checkSlots(text, of: rule, path, &reader)
    case .until(let condition, _): check(condition, path, &reader)
    case .await(let trigger, _, _): check(trigger, path, &reader)
    case .approve(let approval): for trigger in approval.yes + approval.no { check(trigger, path, &reader) }
    case .choose(let branches, _): for branch in branches { check(branch.condition, path, &reader) }
    case .repeat(_, let condition, _): if let condition { check(condition, path, &reader) }
    case .call(let name):
      known(name, settings.automations.map(\.name), "there is no automation", "Automations", path, &reader)
    case .once(let step): check(step, of: rule, path, &reader)
    case .set, .toggle, .pulse, .blink, .pattern, .wait, .listen, .parallel, .stop: return
    }
  }

  /// A line's name, or a template each of whose values must be a line's name.
  private func checkLine(_ text: String, of rule: Rule, _ path: String, _ reader: inout Reader) {
    // An expression's value is known when it runs.
    if !Template.expressions(text).isEmpty { return checkExpressions([text], path, &reader) }
    // What could not be read was told there.
    guard !text.isEmpty, let slots = checkSlots(text, of: rule, path, &reader) else { return }
    let outputs = settings.lines.filter { $0.direction != .input }.map(\.name)
    guard !slots.isEmpty else {
      if outputs.contains(text) { return }
      let advice = Nearest.advice(text, in: outputs, label: "Outputs")
      return reader.note(at: path, "gpio has no output or led \(quoted(text)).\(advice)")
    }
    guard let command = rule.onlyCommand, slots.count == 1, text == "{\(slots[0])}",
      case let values?? = commands.slots(of: command)?[slots[0]]
    else {
      return reader.note(at: path, "\(quoted(text)): a line is named by itself or by one slot of a list.")
    }
    let missing = values.filter { !outputs.contains(Self.lineName($0)) }
    guard let first = missing.first else { return }
    reader.note(
      at: path,
      "{\(slots[0])} may be \(quoted(first)), but gpio has no output or led '\(Self.lineName(first))'.")
  }

  static func lineName(_ words: String) -> String {
    String(words.map { $0 == " " ? "_" : $0 })
  }

  private func checkExpressions(_ texts: [String], _ path: String, _ reader: inout Reader) {
    for source in texts.flatMap(Template.expressions) {
      switch ExpressionText.parse(source) {
      case .success(let expression): check(expression, path, &reader)
      case .failure(let bad): reader.note(at: path, bad.text)
      }
    }
  }

  /// The slots in a text; nil after a problem.
  private func checkSlots(
    _ text: String, of rule: Rule, _ path: String, _ reader: inout Reader
  ) -> [String]? {
    checkExpressions([text], path, &reader)
    guard let slots = TemplateText.slots(Template.withoutExpressions(text)) else {
      reader.note(at: path, "\(quoted(text)): a brace is open. Write {name}.")
      return nil
    }
    let asked = slots.filter { !TemplateText.alwaysKnown.contains($0) }
    guard let command = rule.onlyCommand else {
      guard let slot = asked.first else { return slots }
      reader.note(at: path, "{\(slot)}: only automations with 'on: command.NAME' have slots.")
      return nil
    }
    // An unknown command was told with the trigger, a wrong sentence with its command.
    guard settings.commands.contains(where: { $0.name == command }),
      let known = commands.slots(of: command)
    else { return nil }
    guard let unknown = asked.first(where: { known[$0] == nil }) else { return slots }
    let advice = Nearest.advice(unknown, in: known.keys.sorted(), label: "It has")
    reader.note(at: path, "not every sentence of command \(command) has a {\(unknown)}.\(advice)")
    return nil
  }
}

extension Rule {
  /// The command that alone starts it.
  fileprivate var onlyCommand: String? {
    guard watches.count == 1, case .command(let name)? = watches[0].trigger else { return nil }
    return name
  }
}
