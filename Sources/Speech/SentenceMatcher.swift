// SPDX-License-Identifier: Apache-2.0

/// A sentence compiled to an automaton without loops, run over words with a table of
/// words × states: the time is bounded by their product, however ambiguous the sentence is.
struct SentenceMatcher: Sendable {
  private enum State: Sendable {
    case accept
    case word(String, next: Int)
    case slot(SentenceSlot, next: Int)
    case split([Int])
  }

  /// How a state was reached best.
  private struct Cell {
    var score = Int32.min
    var fromWord: Int32 = 0
    var fromState: Int32 = -1
  }

  /// Numbers of words that can match at all.
  let wordCounts: ClosedRange<Int>
  /// Each state's successors have lower indices; 0 accepts.
  private var states: [State] = [.accept]
  private var start = 0

  init(_ node: SentenceNode, lists: ListTable) {
    wordCounts = Self.wordCounts(node, lists)
    start = compile(node, next: 0)
  }

  // MARK: Compiling

  private mutating func compile(_ node: SentenceNode, next: Int) -> Int {
    switch node {
    case .words(let words):
      return SpokenText.canonical(words).reversed().reduce(next) { add(.word($1, next: $0)) }
    case .slot(let slot): return add(.slot(slot, next: next))
    case .sequence(let nodes):
      return nodes.reversed().reduce(next) { compile($1, next: $0) }
    case .alternatives(let nodes):
      return add(.split(nodes.map { compile($0, next: next) }))
    case .optional(let node): return add(.split([compile(node, next: next), next]))
    }
  }

  private mutating func add(_ state: State) -> Int {
    states.append(state)
    return states.count - 1
  }

  private static func wordCounts(_ node: SentenceNode, _ lists: ListTable) -> ClosedRange<Int> {
    switch node {
    case .words(let words):
      let count = SpokenText.canonical(words).count
      return count...count
    case .slot(let slot): return 1...lists.longest(slot.source)
    case .optional(let node): return 0...wordCounts(node, lists).upperBound
    case .sequence(let nodes):
      return nodes.reduce(0...0) { sum, node in
        let counts = wordCounts(node, lists)
        return (sum.lowerBound + counts.lowerBound)...(sum.upperBound + counts.upperBound)
      }
    case .alternatives(let nodes):
      let counts = nodes.map { wordCounts($0, lists) }
      let low = counts.map(\.lowerBound).min() ?? 0
      return low...(counts.map(\.upperBound).max() ?? 0)
    }
  }

  // MARK: Matching

  /// The best reading of all the words; literal words count most, then fewer slots.
  func match(_ words: ArraySlice<String>, lists: ListTable) -> (score: Int, slots: [CommandMatch.Slot])? {
    guard wordCounts.contains(words.count) else { return nil }
    let words = Array(words)
    var cells = [Cell](repeating: Cell(), count: (words.count + 1) * states.count)
    cells[start].score = 0
    for position in 0...words.count {
      for state in stride(from: start, through: 1, by: -1) {
        let score = cells[position * states.count + state].score
        guard score != .min else { continue }
        step(state, at: position, score, words, lists, &cells)
      }
    }
    let end = cells[words.count * states.count]
    return end.score == .min ? nil : (Int(end.score), slots(words, lists, cells))
  }

  private func step(
    _ state: Int, at position: Int, _ score: Int32, _ words: [String], _ lists: ListTable,
    _ cells: inout [Cell]
  ) {
    func reach(_ next: Int, _ length: Int, _ gain: Int32) {
      let index = (position + length) * states.count + next
      guard score + gain > cells[index].score else { return }
      cells[index] = Cell(
        score: score + gain, fromWord: Int32(position), fromState: Int32(state))
    }
    switch states[state] {
    case .accept: break
    case .word(let word, let next):
      if position < words.count, words[position] == word { reach(next, 1, Self.literalGain) }
    case .slot(let slot, let next):
      let longest = min(lists.longest(slot.source), words.count - position)
      for length in 0..<max(0, longest) {
        let span = words[position...(position + length)]
        if lists.value(span, slot.source) != nil { reach(next, length + 1, -1) }
      }
    case .split(let choices):
      for next in choices { reach(next, 0, 0) }
    }
  }

  private func slots(_ words: [String], _ lists: ListTable, _ cells: [Cell]) -> [CommandMatch.Slot] {
    var found: [CommandMatch.Slot] = []
    var position = words.count
    var state = 0
    while state != start || position != 0 {
      let cell = cells[position * states.count + state]
      let from = Int(cell.fromWord)
      state = Int(cell.fromState)
      if case .slot(let slot, _) = states[state],
        let value = lists.value(words[from..<position], slot.source)
      {
        found.append(CommandMatch.Slot(name: slot.name, value: value))
      }
      position = from
    }
    return found.reversed()
  }

  /// More than a sentence can have slots, so that one literal word more always wins.
  private static let literalGain: Int32 = 1024
}

extension ListTable {
  func value(_ words: ArraySlice<String>, _ source: SentenceSlot.Source) -> String? {
    switch source {
    case .builtIn(let builtIn): return builtIn.value(words)
    case .list(let index): return lists[index].values[Array(words)]
    }
  }

  func longest(_ source: SentenceSlot.Source) -> Int {
    switch source {
    case .builtIn: return BuiltInSlot.longestWords
    case .list(let index): return max(1, lists[index].longest)
    }
  }
}
