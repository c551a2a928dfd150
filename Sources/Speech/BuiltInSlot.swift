// SPDX-License-Identifier: Apache-2.0

/// Slots every grammar knows without a list.
///
/// The recogniser hears what `rule` says; text from elsewhere may say more (numbers to 999,999,
/// decimals, minus, eighty hours). Values are digits:
///
/// | slot | spoken | value |
/// |---|---|---|
/// | `number` | twenty one · a hundred | `21` · `100` |
/// | `percent` | fifty percent · fifty | `50` |
/// | `duration` | half an hour · one minute and ten seconds | `1800s` · `70s` |
/// | `time` | half past seven · seven thirty pm · noon | `07:30` · `19:30` · `12:00` |
/// | `ordinal` | twenty first | `21` |
public enum BuiltInSlot: String, Sendable, CaseIterable {
  case number, percent, duration, time, ordinal

  /// No value has more words.
  static let longestWords = 12

  /// - Parameter words: canonical words.
  func value(_ words: ArraySlice<String>) -> String? {
    guard !words.isEmpty, words.count <= Self.longestWords else { return nil }
    switch self {
    case .number: return Self.number(words)
    case .percent: return Self.number(words.last == "percent" ? words.dropLast() : words)
    case .duration: return SpokenDuration.seconds(words).map { "\($0)s" }
    case .time: return SpokenTime.clock(words)
    case .ordinal:
      return (1...31).first { words.elementsEqual(SpokenNumber.ordinal($0) ?? []) }.map(String.init)
    }
  }

  private static func number(_ words: ArraySlice<String>) -> String? {
    if words.first == "minus" { return number(words.dropFirst()).map { $0 == "0" ? "0" : "-" + $0 } }
    guard let point = words.firstIndex(of: "point") else {
      return SpokenNumber.value(words).map(String.init)
    }
    let digits = words[(point + 1)...].map { SpokenNumber.ones.firstIndex(of: $0) }
    guard let whole = SpokenNumber.value(words[..<point]), !digits.isEmpty, !digits.contains(nil)
    else { return nil }
    return "\(whole)." + digits.compactMap { $0.map(String.init) }.joined()
  }

  // MARK: The recogniser's rules

  /// Right-hand side of the JSGF rule of this name.
  var rule: String {
    switch self {
    case .number: return "zero | <below_hundred> | (one | a) hundred"
    case .percent: return "<number> [percent]"
    case .duration:
      return "<seconds> | <minutes> [[and] <seconds>] | <hours> [[and] <minutes>] | half a minute"
        + " | half an hour | (a | one) minute and a half | (an | one) hour and a half"
        + " | <below_hundred> and a half minutes | <hour_count> and a half hours"
    case .time:
      return "<hour> [o'clock | <minute>] [<part_of_day>] | midnight | noon | midday"
        + " | (half past | [a] quarter past | [a] quarter to) <hour> [<part_of_day>]"
        + " | (five | ten | twenty | twenty five) [minutes] (past | to) <hour> [<part_of_day>]"
    case .ordinal:
      return "\(SpokenNumber.firstOrdinals.joined(separator: " | ")) | twentieth | thirtieth"
        + " | twenty (\(SpokenNumber.firstOrdinals.prefix(9).joined(separator: " | ")))"
        + " | thirty first"
    }
  }

  /// The rules it needs, itself included, each before the ones that use it.
  var rules: [(name: String, body: String)] {
    switch self {
    case .number: return [Self.belowHundred, (rawValue, rule)]
    case .percent: return Self.number.rules + [(rawValue, rule)]
    case .duration:
      return [
        Self.belowHundred, ("seconds", "(<below_hundred> | a | one) (second | seconds)"),
        ("minutes", "(<below_hundred> | a | one) (minute | minutes)"),
        ("hour_count", Self.hourCountRule), ("hours", "(<hour_count> | an) (hour | hours)"), (rawValue, rule),
      ]
    case .time:
      return [
        ("hour", Self.choices(Self.ones + SpokenNumber.teens.prefix(3))),
        ("minute", Self.minuteRule), ("part_of_day", SpokenTime.partOfDayRule), (rawValue, rule),
      ]
    case .ordinal: return [(rawValue, rule)]
    }
  }

  private static let belowHundred = (
    name: "below_hundred",
    body: "\(choices(ones)) | \(choices(SpokenNumber.teens)) | (\(choices(SpokenNumber.tens))) [\(oddOnes)]"
  )
  /// As many hours as people mean: "two hours" was heard as "eighty hours".
  private static let hourCountRule: String = {
    func spoken(_ hours: [Int]) -> [String] { hours.map { SpokenNumber.words($0).joined(separator: " ") } }
    return choices(spoken(Array(1...12)) + spoken(Array(13...24) + [36, 48, 72]).map(seldom))
  }()
  private static let minuteRule =
    "oh (\(oddOnes)) | \(choices(SpokenNumber.teens.map { $0 == "ten" || $0 == "fifteen" ? $0 : seldom($0) }))"
    + " | (twenty | thirty | forty | fifty) [\(oddOnes)]"

  // MARK: What people say seldom

  /// What has to be said clearly, since few mean it: in noise "fifty" is like "fifty eight", and "seven
  /// o'clock" like "seven oh nine". The library adds up the logarithms of weights before words, and ignores
  /// those before rules.
  private static func seldom(_ words: String) -> String { "/0.00001/ \(words)" }

  private static let ones = Array(SpokenNumber.ones.dropFirst())
  /// After tens, and for minutes.
  private static let oddOnes = choices(ones.map { $0 == "five" ? $0 : seldom($0) })

  private static func choices(_ words: [String]) -> String { words.joined(separator: " | ") }
}
