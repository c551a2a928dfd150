// SPDX-License-Identifier: Apache-2.0
import Automation

/// Automations: their triggers, the lines they drive and the slots their texts name.
struct AutomationCheck {
  private let settings: Settings
  private let commands: CommandCheck

  init(_ settings: Settings, _ commands: CommandCheck) {
    self.settings = settings
    self.commands = commands
  }

  func run(_ reader: inout Reader) {
    for rule in settings.automations {
      checkTrigger(rule, &reader)
      for (index, step) in rule.steps.enumerated() {
        let kind = StepDraft(step).kind.rawValue
        check(step, of: rule, "automations.\(rule.name).do[\(index)].\(kind)", &reader)
      }
    }
  }

  private func checkTrigger(_ rule: Rule, _ reader: inout Reader) {
    let path = "automations.\(rule.name).on"
    switch rule.trigger {
    case .start: return
    case .command(let name):
      if settings.commands.contains(where: { $0.name == name }) { return }
      let advice = Nearest.advice(name, in: settings.commands.map(\.name), label: "Commands")
      reader.note(at: path, "there is no command \(quoted(name)).\(advice)")
    case .gesture(let name, let gesture):
      let inputs = settings.lines.filter { $0.direction == .input }
      guard let line = inputs.first(where: { $0.name == name }) else {
        let advice = Nearest.advice(name, in: inputs.map(\.name), label: "Inputs")
        return reader.note(at: path, "gpio has no input \(quoted(name)).\(advice)")
      }
      let isFitting = Self.gestures(of: line.kind).contains(gesture)
      if isFitting { return }
      let allowed = Self.gestures(of: line.kind).map(\.rawValue).joined(separator: ", ")
      reader.note(
        at: path,
        "'\(gesture.rawValue)' does not come from a line of kind \(line.kind.rawValue). Allowed: \(allowed).")
    }
  }

  private static func gestures(of kind: LineSettings.Kind) -> [Gesture] {
    switch kind {
    case .button: [.press, .release, .click, .double, .triple, .multi, .hold]
    case .contact: [.press, .release]
    case .motion: [.motion, .noMotion]
    }
  }

  private func check(_ step: Step, of rule: Rule, _ path: String, _ reader: inout Reader) {
    switch step {
    case .set(let line, _), .toggle(let line), .pulse(let line, _), .blink(let line, _, _, _),
      .pattern(let line, _):
      checkLine(line, of: rule, path, &reader)
    case .say(let text), .play(let text), .log(let text): _ = checkSlots(text, of: rule, path, &reader)
    case .run(let argv, _): argv.forEach { _ = checkSlots($0, of: rule, path, &reader) }
    case .wait, .listen: return
    }
  }

  /// A line's name, or a template each of whose values must be a line's name.
  private func checkLine(_ text: String, of rule: Rule, _ path: String, _ reader: inout Reader) {
    // What could not be read was told there.
    guard !text.isEmpty, let slots = checkSlots(text, of: rule, path, &reader) else { return }
    let outputs = settings.lines.filter { $0.direction != .input }.map(\.name)
    guard !slots.isEmpty else {
      if outputs.contains(text) { return }
      let advice = Nearest.advice(text, in: outputs, label: "Outputs")
      return reader.note(at: path, "gpio has no output or led \(quoted(text)).\(advice)")
    }
    guard case .command(let command) = rule.trigger, slots.count == 1, text == "{\(slots[0])}",
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

  /// The slots in a text; nil after a problem.
  private func checkSlots(
    _ text: String, of rule: Rule, _ path: String, _ reader: inout Reader
  ) -> [String]? {
    guard let slots = TemplateText.slots(text) else {
      reader.note(at: path, "\(quoted(text)): a brace is open. Write {name}.")
      return nil
    }
    let asked = slots.filter { !TemplateText.alwaysKnown.contains($0) }
    guard case .command(let command) = rule.trigger else {
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
