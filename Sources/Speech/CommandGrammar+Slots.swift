// SPDX-License-Identifier: Apache-2.0

extension CommandGrammar {
  /// The slots that a command fills however it is said, with the values each may have; nil stands for
  /// a built-in slot, whose values are numbers or times.
  public func slots(of command: String) -> [String: [String]?] {
    let own = sentences.filter { $0.command == command }.map { $0.node.certainSlots }
    guard let first = own.first else { return [:] }
    let certain = own.dropFirst().reduce(first) { Self.common($0, $1) }
    return certain.mapValues { sources in
      sources.contains { $0.isBuiltIn } ? nil : Set(sources.flatMap(values)).sorted()
    }
  }

  private func values(_ source: SentenceSlot.Source) -> [String] {
    guard case .list(let index) = source else { return [] }
    return Array(lists.lists[index].values.values)
  }

  fileprivate typealias Sources = [String: Set<SentenceSlot.Source>]

  /// Slots that both have; each with the sources of both.
  fileprivate static func common(_ one: Sources, _ other: Sources) -> Sources {
    one.reduce(into: [:]) { all, slot in
      if let sources = other[slot.key] { all[slot.key] = slot.value.union(sources) }
    }
  }
}

extension SentenceNode {
  /// Slots on every path through the sentence.
  fileprivate var certainSlots: CommandGrammar.Sources {
    switch self {
    case .words, .optional: return [:]
    case .slot(let slot): return [slot.name: [slot.source]]
    case .sequence(let nodes):
      return nodes.reduce(into: [:]) { $0.merge($1.certainSlots) { $0.union($1) } }
    case .alternatives(let nodes):
      let all = nodes.map(\.certainSlots)
      return all.dropFirst().reduce(all.first ?? [:]) { CommandGrammar.common($0, $1) }
    }
  }
}

extension SentenceSlot.Source {
  fileprivate var isBuiltIn: Bool {
    if case .builtIn = self { true } else { false }
  }
}
