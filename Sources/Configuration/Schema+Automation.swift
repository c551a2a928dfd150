// SPDX-License-Identifier: Apache-2.0
import Automation
import Speech

extension Schema {
  static let lists = ValueType<[String: [String]]>.dictionary(
    "list", .list("list of words", of: .text("words as they are spoken", bytesMax: 128), count: 1...2000),
    count: 64)

  static let commands = ValueType<[CommandDefinition]>.named(
    "command",
    ValueType<CommandDefinition>(
      summary: "a sentence, or a list of sentences",
      read: { node, path, current, reader in
        sentences.read(node, path, nil, &reader).map {
          CommandDefinition(name: current?.name ?? "", sentences: $0)
        }
      },
      tree: { command in
        command.sentences.count == 1 ? .text(command.sentences[0]) : sentences.tree(command.sentences)
      }),
    name: \.name, count: 500, blank: { CommandDefinition(name: $0, sentences: []) })

  private static let sentences = ValueType<[String]>.list(
    "list of sentences", of: .text("sentence, e.g. \"turn on [the] {light}\"", bytesMax: 512),
    count: 1...64, orSingle: true)

  static let automations = ValueType<[Rule]>.named(
    "automation", .section(Rule(name: "", trigger: .start, steps: []), automation), name: \.name,
    count: 500, blank: { Rule(name: $0, trigger: .start, steps: []) })

  private static let automation: [Field<Rule>] = [
    Field(
      "on", \.trigger, trigger, isRequired: true,
      "What starts it: start, gpio.LINE.GESTURE or command.NAME."),
    Field("do", \.steps, steps, isRequired: true, "Steps, one after the other."),
  ]

  private static let trigger = ValueType<Trigger>.scalar(
    "start, gpio.LINE.GESTURE or command.NAME", parse: TriggerText.parse, show: TriggerText.show)

  private static let steps = ValueType<[Step]>.list(
    "list of steps", of: StepSchema.step, count: 1...64, orSingle: true)
}

/// `start`, `gpio.doorbell.press`, `command.light_on`.
enum TriggerText {
  @Sendable static func parse(_ text: String) -> Result<Trigger, BadText> {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("start", 1): return .success(.start)
    case ("command", 2) where !parts[1].isEmpty: return .success(.command(parts[1]))
    case ("gpio", 3) where !parts[1].isEmpty: return gesture(text, line: parts[1], word: parts[2])
    default:
      let hint =
        Nearest.match(parts[0], in: ["start", "command", "gpio"]).map { " Did you mean '\($0)…'?" } ?? ""
      return .failure(
        BadText(
          text: "\(quoted(text)) is not a trigger. Write start, gpio.LINE.GESTURE or command.NAME.\(hint)"))
    }
  }

  @Sendable static func show(_ trigger: Trigger) -> String {
    switch trigger {
    case .start: "start"
    case .gesture(let line, let gesture): "gpio.\(line).\(gesture.rawValue)"
    case .command(let name): "command.\(name)"
    }
  }

  private static func gesture(_ text: String, line: String, word: String) -> Result<Trigger, BadText> {
    if let gesture = Gesture(rawValue: word) { return .success(.gesture(line: line, gesture)) }
    let words = Gesture.allCases.map(\.rawValue)
    let hint = Nearest.match(word, in: words).map { " Did you mean '\($0)'?" } ?? ""
    let allowed = words.joined(separator: ", ")
    return .failure(BadText(text: "\(quoted(text)): '\(word)' is not one of \(allowed).\(hint)"))
  }
}
