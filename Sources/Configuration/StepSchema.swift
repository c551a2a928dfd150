// SPDX-License-Identifier: Apache-2.0
import Automation
import YAML

/// The steps of automations: each is a map whose first key tells its kind.
enum StepSchema {
  /// Steps within steps; more are refused.
  static let depthMax = 8
  /// The longest time that a step waits.
  static let waitMax = Duration.seconds(720 * 3600)

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

  /// One step, or a list of them.
  static let steps = ValueType<[Step]>.list("list of steps", of: step, count: 1...64, orSingle: true)

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
        once,
      ]
    case .log: [own(kind, \.text, .text(), "Writes a line to the log.")]
    case .wait: [own(kind, \.duration, duration(.milliseconds(1), waitMax), "Waits.")]
    case .listen:
      [
        own(
          kind, \.listening, .choice(),
          "Hears a command without a wake phrase: once until silence, or hold until release.")
      ]
    default: workflowFields(kind)
    }
  }

  private static func workflowFields(_ kind: StepKind) -> [Field<StepDraft>] {
    switch kind {
    case .ask:
      [
        own(kind, \.text, .text("name of a realm", bytesMax: 64), "Asks a realm, e.g. $CHAT."),
        Field(
          "text", \.content, .optional(.text("text", bytesMax: 4096)), isRequired: true, "What is asked."),
        save("Keeps the answer as answer.NAME."), timeout("No answer then."), once,
      ]
    case .http:
      [
        own(kind, \.text, .text("http://… or https://…", bytesMax: 2048), "Sends an HTTP request."),
        Field("method", \.method, .choice(), "How."),
        Field("body", \.content, .optional(.text("text", bytesMax: 4096)), "What is sent."),
        Field("content_type", \.contentType, .text("media type", bytesMax: 64), "Of the body."),
        save("Keeps status and body as answer.NAME."), timeout("It has failed then."), once,
      ]
    case .notify:
      [
        own(kind, \.text, .name("name of a channel"), "Owes a message to a channel of notifications."),
        Field("text", \.content, .optional(.text("text", bytesMax: 4096)), isRequired: true, "The message."),
      ]
    case .until:
      [
        own(kind, \.condition, .optional(.expression), "Waits until a condition holds."),
        timeout("Goes on then all the same."),
      ]
    case .await:
      [
        own(kind, \.trigger, .trigger, "Waits for a trigger."), save("Keeps what came as answer.NAME."),
        timeout("Goes on then all the same."),
      ]
    case .approve:
      [
        own(kind, \.text, .text("question"), "Goes on only when somebody agrees."),
        Field("yes", \.yes, triggers, "What agrees, beside 'mtor tasks approve'."),
        Field("no", \.no, triggers, "What refuses, beside 'mtor tasks refuse'."),
        timeout("It is refused then."),
        Field("else", \.otherwise, optionalSteps, "What is done when it is refused."),
      ]
    case .choose:
      [
        own(kind, \.branches, .list("list of branches", of: branch, count: 1...32), "The first that holds."),
        Field("else", \.otherwise, optionalSteps, "When none holds."),
      ]
    case .parallel:
      [own(kind, \.blocks, .list("list of lists of steps", of: steps, count: 1...16), "All at once.")]
    case .repeat:
      [
        own(kind, \.times, .count(1...1000), "Several times."),
        Field("while", \.condition, .optional(.expression), "Only as long as this holds."),
        Field("do", \.steps, steps, isRequired: true, "What is repeated."),
      ]
    case .call: [own(kind, \.text, .name("name of an automation"), "Does another automation's steps.")]
    case .stop: [own(kind, \.isOn, .flag, "Ends the run here.")]
    default: []
    }
  }

  private static let once = Field(
    "at_most_once", \StepDraft.isOnce, .flag, "Not done again after a restart that interrupted it.")

  private static let triggers = ValueType<[Trigger]>.list(
    "trigger, or a list of them", of: .trigger, count: 0...8, orSingle: true)

  private static let optionalSteps = ValueType<[Step]>.list(
    "list of steps", of: step, count: 0...64, orSingle: true)

  private struct BranchDraft: Sendable {
    var condition: Expression?
    var steps: [Step] = []
  }

  private static let branch: ValueType<Step.Branch> = {
    let keys: [Field<BranchDraft>] = [
      Field("if", \.condition, .optional(.expression), isRequired: true, "The condition."),
      Field("do", \.steps, steps, isRequired: true, "What is done."),
    ]
    let draft = ValueType<BranchDraft>.section(BranchDraft(), keys)
    return ValueType(
      summary: "if and do",
      read: { node, path, _, reader in
        guard let draft = draft.read(node, path, nil, &reader), let condition = draft.condition else {
          return nil
        }
        return Step.Branch(condition: condition, steps: draft.steps)
      },
      tree: { draft.tree(BranchDraft(condition: $0.condition, steps: $0.steps)) })
  }()

  private static let patternName: ValueType<String> = {
    let choice = ValueType<LinePattern>.choice()
    return ValueType(
      summary: choice.summary,
      read: { node, path, _, reader in choice.read(node, path, nil, &reader)?.rawValue },
      tree: { .text($0) })
  }()

  private static func line(_ kind: StepKind, _ meaning: String) -> Field<StepDraft> {
    own(kind, \.text, .text("name of a line", bytesMax: 256), meaning)
  }

  private static func save(_ meaning: String) -> Field<StepDraft> {
    Field("save", \.save, .optional(.name()), meaning)
  }

  private static func timeout(_ meaning: String) -> Field<StepDraft> {
    Field("timeout", \.timeout, duration(.milliseconds(100), waitMax), meaning)
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
