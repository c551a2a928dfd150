// SPDX-License-Identifier: Apache-2.0

/// Searches for a text in a text. The standard library has these in the module for regular expressions,
/// which alone would add a megabyte to each program; so that module is left out: see Package.swift.
/// Time grows with both lengths multiplied; for lines, names and messages.
extension StringProtocol {
  /// Where `text` first stands; nil when it does not, or is empty.
  public func firstRange(of text: String) -> Range<Index>? {
    guard let first = text.first else { return nil }
    var start = startIndex
    while let found = self[start...].firstIndex(of: first) {
      if self[found...].hasPrefix(text) { return found..<index(found, offsetBy: text.count) }
      start = index(after: found)
    }
    return nil
  }

  /// An offending text as a message quotes it: its beginning, and … where it goes on. Counted in scalars,
  /// of which one visible character may have any number.
  public func excerpt(_ scalarsMax: Int = 60) -> String {
    let end = unicodeScalars.index(startIndex, offsetBy: scalarsMax, limitedBy: endIndex) ?? endIndex
    return end < endIndex ? "\(self[..<end])…" : String(self)
  }

  public func contains(_ text: String) -> Bool { firstRange(of: text) != nil }

  /// With each `text` changed to `replacement`, from left to right.
  public func replacing(_ text: String, with replacement: String) -> String {
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      result += rest[..<range.lowerBound]
      result += replacement
      rest = rest[range.upperBound...]
    }
    return result + rest
  }

  /// The parts between each `separator`, empty ones as well; at most `splitsMax` + 1. Not called `split`: it
  /// would be taken for the standard library's wherever a separator is written as a literal.
  public func parts(separatedBy separator: String, splitsMax: Int = .max) -> [SubSequence] {
    var parts: [SubSequence] = []
    var rest = self[...]
    while parts.count < splitsMax, let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}
