// SPDX-License-Identifier: Apache-2.0

/// A word, group or slot of a sentence with its place, so that pieces that touch can be joined.
struct SentencePiece {
  var node: SentenceNode
  /// The text of a word, as written.
  var word: String?
  /// In characters.
  var range: Range<Int>
  /// No space between the first bracket and what follows, and what precedes and the last bracket.
  var isTight: (start: Bool, end: Bool)

  /// One node of them all; pieces that touch a word without a space become one word.
  static func joined(_ pieces: [SentencePiece]) throws(SentenceParser.Failure) -> SentenceNode {
    var nodes: [SentenceNode] = []
    var rest = pieces[...]
    while let first = rest.popFirst() {
      var run = [first]
      while let next = rest.first, let last = run.last, last.touches(next) {
        run.append(next)
        rest.removeFirst()
      }
      append(run.count == 1 ? first.node : try glued(run), to: &nodes)
    }
    if nodes.isEmpty { return .words([]) }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private static func append(_ node: SentenceNode, to nodes: inout [SentenceNode]) {
    if case .words(let words) = node {
      if words.isEmpty { return }
      if case .words(let before)? = nodes.last {
        nodes[nodes.count - 1] = .words(before + words)
        return
      }
    }
    nodes.append(node)
  }

  private func touches(_ next: SentencePiece) -> Bool {
    guard range.upperBound == next.range.lowerBound, word != nil || next.word != nil else { return false }
    return isTight.end && next.isTight.start
  }

  private static func glued(_ run: [SentencePiece]) throws(SentenceParser.Failure) -> SentenceNode {
    var spellings = [""]
    for piece in run {
      guard let parts = piece.word.map({ [$0] }) ?? piece.node.wordParts,
        spellings.count * parts.count <= CommandGrammar.Limits.spellings
      else {
        throw SentenceParser.Failure(
          column: piece.range.lowerBound + 1,
          text: "this touches a word but is no part of one. Put a space between them.")
      }
      spellings = spellings.flatMap { start in parts.map { start + $0 } }
    }
    return .alternatives(spellings.map { .words(SpokenText.words($0)) })
  }
}

extension SentenceNode {
  /// The spellings of a group of word parts, as `[s]` or `(y|ies)`; nil when it is more than that.
  fileprivate var wordParts: [String]? {
    switch self {
    case .words(let words): return words.count == 1 ? words : words.isEmpty ? [""] : nil
    case .optional(let node): return node.wordParts.map { [""] + $0 }
    case .alternatives(let nodes):
      let parts = nodes.map(\.wordParts)
      return parts.contains(nil) ? nil : parts.flatMap { $0 ?? [] }
    case .slot, .sequence: return nil
    }
  }
}
