// SPDX-License-Identifier: Apache-2.0

/// Text as it is spoken: lower-case words, numerals spelled out, punctuation gone.
///
/// Context-free: the words of two texts with a space between are the words of the one and then of
/// the other, so that sentences can be compared piece by piece.
enum SpokenText {
  /// Words of letters and apostrophes only: what a recogniser's grammar may hold.
  static func words(_ text: String) -> [String] {
    var scanner = Scanner(text)
    return scanner.words()
  }

  /// Words to compare by: contractions written out, spellings unified.
  static func canonical(_ words: [String]) -> [String] {
    words.flatMap { unified[$0] ?? [$0] }
  }

  static func canonical(_ text: String) -> [String] { canonical(words(text)) }

  private static let unified: [String: [String]] = {
    var table: [String: [String]] = [
      "ok": ["okay"], "oclock": ["o'clock"], "cannot": ["can", "not"], "can't": ["can", "not"],
      "won't": ["will", "not"], "let's": ["let", "us"], "i'm": ["i", "am"], "whats": ["what", "is"],
      "thats": ["that", "is"], "dont": ["do", "not"], "isnt": ["is", "not"],
      "doesnt": ["does", "not"],
    ]
    for word in ["what", "where", "who", "how", "when", "that", "there", "here", "it", "he", "she"] {
      table[word + "'s"] = [word, "is"]
    }
    for word in ["do", "does", "did", "is", "are", "was", "were", "could", "should", "would", "has"] {
      table[word + "n't"] = [word, "not"]
    }
    for word in ["i", "you", "we", "they", "it", "he", "she"] {
      table[word + "'ll"] = [word, "will"]
      table[word + "'re"] = [word, "are"]
      table[word + "'ve"] = [word, "have"]
    }
    return table
  }()

  private struct Scanner {
    private let text: [Character]
    private var index = 0
    private var found: [String] = []

    init(_ text: String) { self.text = Array(text.lowercased()) }

    mutating func words() -> [String] {
      while let character = peek() {
        if character.isLetter {
          letters()
        } else if character.isASCIIDigit {
          numeral()
        } else {
          symbol(character)
        }
      }
      return found
    }

    private func peek(_ ahead: Int = 0) -> Character? {
      let position = index + ahead
      return position >= 0 && position < text.count ? text[position] : nil
    }

    private mutating func letters() {
      var word = ""
      while let character = peek(), character.isLetter || character.isApostrophe {
        word.append(character.isApostrophe ? "'" : character)
        index += 1
      }
      while word.last == "'" { word.removeLast() }
      if word.count == 1 { word += initials() }
      found.append(word)
    }

    /// The rest of `p.m.`: letters with a full stop after each.
    private mutating func initials() -> String {
      var rest = ""
      while peek() == ".", let letter = peek(1), letter.isLetter, peek(2).map({ !$0.isLetter }) ?? true {
        rest.append(letter)
        index += 2
      }
      return rest
    }

    private mutating func numeral() {
      if peek(-1) == "-", peek(-2).map({ $0.isWhitespace }) ?? true { found.append("minus") }
      let whole = digits(grouped: true)
      if peek() == ":", let minutes = digitPair(after: 1) {
        index += 3
        found += SpokenNumber.clock(hour: whole, minutes: minutes)
      } else if let suffix = ordinalSuffix(), let words = SpokenNumber.ordinal(Int(whole) ?? -1) {
        index += suffix
        found += words
      } else {
        found += SpokenNumber.words(digits: whole)
        decimals()
      }
    }

    private mutating func digits(grouped: Bool) -> String {
      var digits = ""
      while let character = peek() {
        if character.isASCIIDigit {
          digits.append(character)
        } else if !grouped || character != "," || !isThousandsGroup() {
          break
        }
        index += 1
      }
      return digits
    }

    private func isThousandsGroup() -> Bool {
      (1...3).allSatisfy { peek($0)?.isASCIIDigit ?? false } && !(peek(4)?.isASCIIDigit ?? false)
    }

    private func digitPair(after offset: Int) -> String? {
      guard let tens = peek(offset), tens.isASCIIDigit, let ones = peek(offset + 1),
        ones.isASCIIDigit, !(peek(offset + 2)?.isASCIIDigit ?? false)
      else { return nil }
      return String([tens, ones])
    }

    private func ordinalSuffix() -> Int? {
      guard let first = peek(), let second = peek(1), !(peek(2)?.isLetter ?? false) else { return nil }
      return ["st", "nd", "rd", "th"].contains(String([first, second])) ? 2 : nil
    }

    private mutating func decimals() {
      guard peek() == ".", peek(1)?.isASCIIDigit ?? false else { return }
      index += 1
      found.append("point")
      found += digits(grouped: false).map { SpokenNumber.digit($0) }
    }

    private mutating func symbol(_ character: Character) {
      index += 1
      if let word = Self.symbols[character] { found.append(word) }
    }

    private static let symbols: [Character: String] = [
      "%": "percent", "&": "and", "°": "degrees",
    ]
  }
}

extension Character {
  var isApostrophe: Bool { self == "'" || self == "\u{2019}" }
  var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
