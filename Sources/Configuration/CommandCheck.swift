// SPDX-License-Identifier: Apache-2.0
import Speech

/// Sentences of commands: their grammar, and the lists that their slots name.
struct CommandCheck {
  private let settings: Settings
  /// Slots that each sentence of a command fills; only these may stand in its automations' texts.
  let slotsOfCommand: [String: Set<String>]

  init(_ settings: Settings) {
    self.settings = settings
    slotsOfCommand = settings.commands.reduce(into: [:]) { slots, command in
      let sets = command.sentences.map { Set(TemplateText.slots($0) ?? []) }
      slots[command.name] = sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }
    }
  }

  func run(_ reader: inout Reader) {
    for command in settings.commands {
      for (index, sentence) in command.sentences.enumerated() {
        check(sentence, "commands.\(command.name)[\(index)]", &reader)
      }
    }
  }

  private func check(_ sentence: String, _ path: String, _ reader: inout Reader) {
    guard let slots = TemplateText.slots(sentence) else {
      return reader.note(at: path, "\(quoted(sentence)): a brace is open. Write {name}.")
    }
    for slot in slots where settings.lists[slot] == nil && !Self.builtInSlots.contains(slot) {
      let known = settings.lists.keys.sorted() + Self.builtInSlots
      let advice = Nearest.advice(slot, in: known, label: "Known")
      reader.note(at: path, "{\(slot)}: there is no list of this name.\(advice)")
    }
  }

  private static let builtInSlots = ["number"]
}
