// SPDX-License-Identifier: Apache-2.0

extension CommandGrammar {
  /// Sentences that two commands share word for word and slot for slot. Looks at the first 64
  /// readings of each sentence; what differs only in a slot is decided by specificity.
  func ambiguities() -> [CommandGrammarError.Problem] {
    var owners: [[String]: Sentence] = [:]
    var warnings: [CommandGrammarError.Problem] = []
    for sentence in sentences {
      for reading in sentence.node.readings(limit: Self.readings) {
        guard let owner = owners[reading] else {
          owners[reading] = sentence
          continue
        }
        guard owner.command != sentence.command else { continue }
        warnings.append(warning(sentence, also: owner, reading))
        break
      }
    }
    return warnings
  }

  private func warning(
    _ sentence: Sentence, also owner: Sentence, _ reading: [String]
  ) -> CommandGrammarError.Problem {
    .init(
      place: .command(sentence.command, sentence: sentence.number, column: nil),
      text: "'\(reading.joined(separator: " "))' is also said for command '\(owner.command)',"
        + " which comes first and wins.")
  }

  private static let readings = 64
}

extension SentenceNode {
  /// Ways to say the sentence, with a mark for each slot's list; not more than `limit`.
  fileprivate func readings(limit: Int) -> [[String]] {
    switch self {
    case .words(let words): return [SpokenText.canonical(words)]
    case .slot(let slot): return [[slot.source.mark]]
    case .optional(let node): return Array(([[]] + node.readings(limit: limit)).prefix(limit))
    case .alternatives(let nodes):
      return nodes.reduce(into: []) { all, node in
        if all.count < limit { all += node.readings(limit: limit - all.count) }
      }
    case .sequence(let nodes):
      return nodes.reduce([[]]) { heads, node in
        let tails = node.readings(limit: limit)
        let count = min(limit, heads.count * tails.count)
        return (0..<count).map { heads[$0 / tails.count] + tails[$0 % tails.count] }
      }
    }
  }
}

extension SentenceSlot.Source {
  fileprivate var mark: String {
    switch self {
    case .builtIn(let builtIn): return "{\(builtIn.rawValue)}"
    case .list(let index): return "{list \(index + 1)}"
    }
  }
}
