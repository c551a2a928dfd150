// SPDX-License-Identifier: Apache-2.0

/// "an hour and a half", "ten minutes", "one minute thirty seconds" → seconds.
enum SpokenDuration {
  private static let units = [
    "second": 1, "seconds": 1, "sec": 1, "s": 1, "minute": 60, "minutes": 60, "min": 60, "hour": 3600,
    "hours": 3600, "h": 3600,
  ]

  static func seconds(_ words: ArraySlice<String>) -> Int? {
    half(words) ?? sum(words)
  }

  /// `half a minute`, `half an hour`, `X hours and a half`, `X and a half hours`.
  private static func half(_ words: ArraySlice<String>) -> Int? {
    if words.elementsEqual(["half", "a", "minute"]) { return 30 }
    if words.elementsEqual(["half", "an", "hour"]) { return 1800 }
    if words.suffix(3).elementsEqual(["and", "a", "half"]) {
      return withHalf(count: words.dropLast(4), unit: words.dropLast(3).last)
    }
    guard words.dropLast().suffix(3).elementsEqual(["and", "a", "half"]) else { return nil }
    return withHalf(count: words.dropLast(4), unit: words.last)
  }

  private static func withHalf(count: ArraySlice<String>, unit: String?) -> Int? {
    guard let unit, let seconds = units[unit], seconds > 1, let count = self.count(count) else {
      return nil
    }
    return count * seconds + seconds / 2
  }

  /// Parts in falling order of their units, with or without `and` between.
  private static func sum(_ words: ArraySlice<String>) -> Int? {
    var rest = words
    var total = 0
    var lastUnit = Int.max
    while let index = rest.firstIndex(where: { units[$0] != nil }), let unit = units[rest[index]] {
      guard unit < lastUnit, let count = count(rest[..<index]) else { return nil }
      total += count * unit
      lastUnit = unit
      rest = rest[(index + 1)...]
      if rest.first == "and", rest.count > 1 { rest = rest.dropFirst() }
    }
    return rest.isEmpty && lastUnit != .max ? total : nil
  }

  private static func count(_ words: ArraySlice<String>) -> Int? {
    words.elementsEqual(["a"]) || words.elementsEqual(["an"]) ? 1 : SpokenNumber.value(words)
  }
}
