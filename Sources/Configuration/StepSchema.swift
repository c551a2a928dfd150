// SPDX-License-Identifier: Apache-2.0
import Automation
import YAML

/// The steps of automations: each is a map whose first key tells its kind.
enum StepSchema {
  static let step = ValueType<Step>(
    summary: "a map that begins with " + StepKind.allCases.map(\.rawValue).joined(separator: ", "),
    read: { node, path, _, reader in
      guard let kind = kind(of: node, path, &reader) else { return nil }
      return section(kind).read(node, path, StepDraft(kind: kind), &reader)?.step
    },
    tree: { step in
      let draft = StepDraft(step)
      return section(draft.kind).tree(draft)
    })

  /// Each kind's keys, for the reference.
  static let documentation: [(kind: StepKind, keys: [KeyDocumentation])] =
    StepKind.allCases.map { ($0, section($0).keys) }

  private static func section(_ kind: StepKind) -> ValueType<StepDraft> {
    .section(StepDraft(kind: kind), fields(kind))
  }

  /// The kind's own key comes first.
  private static func fields(_ kind: StepKind) -> [Field<StepDraft>] {
    switch kind {
    case .set:
      [
        line(kind, "Drives an output or LED."),
        Field("to", \.isOn, .flag, isRequired: true, "The state."),
      ]
    case .toggle: [line(kind, "Turns an output or LED over.")]
    case .pulse:
      [
        line(kind, "Switches on, and off again after a while."),
        Field("for", \.duration, duration(.milliseconds(1), .seconds(3600)), "How long."),
      ]
    case .blink:
      [
        line(kind, "Switches on and off several times."),
        Field("on", \.on, duration(.milliseconds(1), .seconds(60)), "Time on."),
        Field("off", \.off, duration(.milliseconds(1), .seconds(60)), "Time off."),
        Field("times", \.times, .count(1...1000), "How often."),
      ]
    case .pattern:
      [
        line(kind, "Runs a pattern until the line is set again."),
        Field("name", \.pattern, patternName, isRequired: true, "Which pattern."),
      ]
    case .say: [own(kind, \.text, .text("text to speak"), "Speaks a text.")]
    case .play: [own(kind, \.text, .text("path of a WAV file, or a built-in tone"), "Plays a sound.")]
    case .run:
      [
        own(kind, \.argv, .program, "Runs a program; its output goes to the log."),
        Field(
          "timeout", \.timeout, duration(.milliseconds(100), .seconds(3600)), "Ended when it takes longer."),
      ]
    case .log: [own(kind, \.text, .text(), "Writes a line to the log.")]
    case .wait: [own(kind, \.duration, duration(.milliseconds(1), .seconds(3600)), "Waits.")]
    case .listen:
      [
        own(
          kind, \.listening, .choice(),
          "Hears a command without a wake phrase: once until silence, or hold until release.")
      ]
    }
  }

  private static let patternName: ValueType<String> = {
    let choice = ValueType<LinePattern>.choice()
    return ValueType(
      summary: choice.summary,
      read: { node, path, _, reader in choice.read(node, path, nil, &reader)?.rawValue },
      tree: { .text($0) })
  }()

  private static func line(_ kind: StepKind, _ meaning: String) -> Field<StepDraft> {
    own(kind, \.text, .text("name of a line", bytesMax: 64), meaning)
  }

  private static func own<Value>(
    _ kind: StepKind, _ path: WritableKeyPath<StepDraft, Value> & Sendable, _ type: ValueType<Value>,
    _ meaning: String
  ) -> Field<StepDraft> {
    Field(kind.rawValue, path, type, isRequired: true, meaning)
  }

  private static func duration(_ low: Duration, _ high: Duration) -> ValueType<Duration> {
    .duration(low...high)
  }

  private static func kind(of node: YAMLNode, _ path: String, _ reader: inout Reader) -> StepKind? {
    let kinds = StepKind.allCases.map(\.rawValue)
    guard case .map(let entries, let mark) = node else {
      if case .invalid = node { return nil }
      reader.note(
        node.mark, path, "expected a step such as '\(kinds[0]): …'; steps: \(kinds.joined(separator: ", ")).")
      return nil
    }
    if let kind = entries.lazy.compactMap({ StepKind(rawValue: $0.key) }).first { return kind }
    let key = entries.first?.key ?? ""
    reader.note(
      entries.first?.keyMark ?? mark, path,
      "\(quoted(key)) is not a step.\(Nearest.advice(key, in: kinds, label: "Steps"))")
    return nil
  }
}
