// SPDX-License-Identifier: Apache-2.0

/// Text that comes in pieces → sentences to be spoken, each as soon as it is complete.
///
/// A sentence ends with `.`, `!`, `?` or their like before white space, closing quotes and brackets between
/// them, with `。` and its like anywhere, or with the line. A point after a single letter or a usual
/// abbreviation does not end one. What is longer than `lengthMax` is cut at a space, without one anywhere.
/// Looks at Unicode scalars: what a character is can change with the piece that follows.
public struct SentenceSplitter: Sendable {
  /// Scalars of a sentence at most.
  public static let lengthMax = 300
  private static let abbreviations: Set<String> = [
    "dr", "mr", "mrs", "ms", "prof", "st", "no", "vs", "etc", "e.g", "i.e", "approx",
  ]

  /// Of Latin, Greek, Indian and Arabic writing, with white space behind it; of Chinese and Japanese, without.
  private static let ends = Set(".!?…।॥؟۔".unicodeScalars)
  private static let wideEnds = Set("。！？".unicodeScalars)
  private static let closings = Set("\"'”’»)]」』）".unicodeScalars)

  private var text = String.UnicodeScalarView()

  public init() {}

  public mutating func add(_ piece: String) -> [String] {
    text += piece.unicodeScalars
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

  private mutating func take(_ sentence: Substring.UnicodeScalarView, _ sentences: inout [String]) {
    let end = sentence.endIndex
    if sentence.contains(where: \.isSpoken) {
      let words = sentence.split(whereSeparator: \.properties.isWhitespace)
      sentences.append(words.map { String($0) }.joined(separator: " "))
    }
    text.removeSubrange(..<end)
  }

  private func endOfSentence() -> String.Index? {
    var index = text.startIndex
    var length = 0
    var lastSpace: String.Index?
    while index < text.endIndex {
      let next = text.index(after: index)
      let scalar = text[index]
      if Character(scalar).isNewline { return next }
      if scalar.properties.isWhitespace { lastSpace = next }
      if length == Self.lengthMax { return lastSpace ?? index }
      length += 1
      if let end = end(after: scalar, at: index, longest: Self.lengthMax - length) { return end }
      index = next
    }
    return nil
  }

  /// Where the sentence is over that this scalar ends, at most so many further on; nil: it ends none.
  private func end(after scalar: Unicode.Scalar, at index: String.Index, longest: Int) -> String.Index? {
    let isWide = Self.wideEnds.contains(scalar)
    guard isWide || Self.ends.contains(scalar) else { return nil }
    let rest = text[text.index(after: index)...]
    let closing = rest.prefix(longest + 1).prefix { Self.closings.contains($0) }
    guard closing.count <= longest, closing.endIndex < text.endIndex else { return nil }
    if isWide { return closing.endIndex }
    guard text[closing.endIndex].properties.isWhitespace else { return nil }
    return scalar == "." && isAbbreviation(text[..<index]) ? nil : closing.endIndex
  }

  private func isAbbreviation(_ before: Substring.UnicodeScalarView) -> Bool {
    let space = before.lastIndex(where: \.properties.isWhitespace)
    let word = before.suffix(from: space.map(before.index(after:)) ?? before.startIndex)
    if word.count == 1, word.first?.properties.isAlphabetic == true, word.first != "I" { return true }
    return Self.abbreviations.contains(String(word).lowercased())
  }
}

extension Unicode.Scalar {
  /// A letter, a vowel sign or a number.
  fileprivate var isSpoken: Bool { properties.isAlphabetic || properties.numericType != nil }
}
