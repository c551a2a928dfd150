// SPDX-License-Identifier: Apache-2.0

/// Text that comes in pieces → sentences to be spoken, each as soon as it is complete.
///
/// A sentence ends with `.`, `!`, `?` or `…` before white space, or with the line. A point after a single
/// letter or a usual abbreviation does not end one. What is longer than `lengthMax` is cut at a space.
public struct SentenceSplitter: Sendable {
  /// Characters of a sentence; more are cut.
  public static let lengthMax = 300
  private static let abbreviations: Set<Substring> = [
    "dr", "mr", "mrs", "ms", "prof", "st", "no", "vs", "etc", "e.g", "i.e", "approx",
  ]

  private var text = ""

  public init() {}

  public mutating func add(_ piece: String) -> [String] {
    text += piece
    var sentences: [String] = []
    while let end = endOfSentence() { take(text[..<end], &sentences) }
    return sentences
  }

  /// No more text comes.
  public mutating func finish() -> String? {
    var rest: [String] = []
    take(text[...], &rest)
    return rest.first
  }

  private mutating func take(_ sentence: Substring, _ sentences: inout [String]) {
    let end = sentence.endIndex
    let words = sentence.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.contains(where: { $0.isLetter || $0.isNumber }) { sentences.append(words) }
    text.removeSubrange(..<end)
  }

  private func endOfSentence() -> String.Index? {
    var index = text.startIndex
    var length = 0
    var lastSpace: String.Index?
    while index < text.endIndex {
      let next = text.index(after: index)
      let character = text[index]
      if character.isNewline { return next }
      if character.isWhitespace { lastSpace = next }
      if ".!?…".contains(character), next < text.endIndex, text[next].isWhitespace {
        if character != "." || !isAbbreviation(text[..<index]) { return next }
      }
      length += 1
      if length > Self.lengthMax { return lastSpace ?? next }
      index = next
    }
    return nil
  }

  private func isAbbreviation(_ before: Substring) -> Bool {
    let word = before.suffix(while: { !$0.isWhitespace })
    if word.count == 1, word.first?.isLetter == true, word != "I" { return true }
    return Self.abbreviations.contains(Substring(word.lowercased()))
  }
}

extension Substring {
  /// The longest end of which each character is like that.
  fileprivate func suffix(while isLike: (Character) -> Bool) -> Substring {
    var start = endIndex
    while start > startIndex, isLike(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
