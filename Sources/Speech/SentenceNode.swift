// SPDX-License-Identifier: Apache-2.0

/// A sentence template as a tree.
indirect enum SentenceNode: Equatable, Sendable {
  /// As spoken, not canonical: the recogniser's grammar wants what people say.
  case words([String])
  case slot(SentenceSlot)
  case sequence([SentenceNode])
  case alternatives([SentenceNode])
  case optional(SentenceNode)

  /// Names captured on some path, nil when one path captures a name twice.
  var slotNames: Set<String>? {
    switch self {
    case .words: return []
    case .slot(let slot): return [slot.name]
    case .optional(let node): return node.slotNames
    case .alternatives(let nodes):
      return nodes.reduce(into: Optional<Set<String>>([])) { all, node in
        all = node.slotNames.flatMap { all?.union($0) }
      }
    case .sequence(let nodes):
      return nodes.reduce(into: Optional<Set<String>>([])) { all, node in
        guard let names = node.slotNames, let known = all else { return all = nil }
        all = known.isDisjoint(with: names) ? known.union(names) : nil
      }
    }
  }

  /// Can be said by saying nothing.
  var mayBeSilent: Bool {
    switch self {
    case .words(let words): return words.isEmpty
    case .slot: return false
    case .optional: return true
    case .sequence(let nodes): return nodes.allSatisfy(\.mayBeSilent)
    case .alternatives(let nodes): return nodes.contains(where: \.mayBeSilent)
    }
  }
}

/// A place in a sentence whose words become a value.
struct SentenceSlot: Equatable, Sendable {
  enum Source: Hashable, Sendable {
    case builtIn(BuiltInSlot)
    /// Index into the grammar's lists.
    case list(Int)
  }

  var name: String
  var source: Source
}

/// The phrases a list slot may hold.
struct WordList: Equatable, Sendable {
  /// Canonical words → value.
  private(set) var values: [[String]: String] = [:]
  /// As spoken, in the order given.
  private(set) var spoken: [[String]] = []
  private(set) var longest = 0

  /// False when the same words stand for another value already.
  mutating func add(_ words: [String], value: String) -> Bool {
    let canonical = SpokenText.canonical(words)
    if let known = values[canonical] { return known == value }
    values[canonical] = value
    spoken.append(words)
    longest = max(longest, canonical.count)
    return true
  }
}
