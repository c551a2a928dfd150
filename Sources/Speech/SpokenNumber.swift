// SPDX-License-Identifier: Apache-2.0

/// English numbers between numerals and words.
enum SpokenNumber {
  static let ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
  static let teens = [
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
  ]
  static let tens = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
  ]
  static let firstOrdinals = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth",
  ]

  // MARK: To words

  /// -999,999…999,999; beyond it digit by digit.
  static func words(_ number: Int) -> [String] {
    switch number {
    case ..<0: return ["minus"] + words(digits: String(number.magnitude))
    case ..<10: return [ones[number]]
    case ..<20: return [teens[number - 10]]
    case ..<100: return [tens[number / 10 - 2]] + (number % 10 == 0 ? [] : [ones[number % 10]])
    case ..<1000: return group(number, by: 100, "hundred")
    case ..<1_000_000: return group(number, by: 1000, "thousand")
    default: return String(number).map(digit)
    }
  }

  private static func group(_ number: Int, by unit: Int, _ name: String) -> [String] {
    words(number / unit) + [name] + (number % unit == 0 ? [] : words(number % unit))
  }

  /// A numeral as written; with leading zeros, or too long to name, digit by digit.
  static func words(digits: String) -> [String] {
    guard digits == "0" || digits.first != "0", digits.count <= 6, let number = Int(digits) else {
      return digits.map(digit)
    }
    return words(number)
  }

  static func digit(_ character: Character) -> String {
    ones[character.wholeNumberValue ?? 0]
  }

  /// 1…31 as days of a month are; nil beyond.
  static func ordinal(_ number: Int) -> [String]? {
    switch number {
    case 1...19: return [firstOrdinals[number - 1]]
    case 20: return ["twentieth"]
    case 30: return ["thirtieth"]
    case 21...29: return ["twenty", firstOrdinals[number - 21]]
    case 31: return ["thirty", "first"]
    default: return nil
    }
  }

  /// `7:05` is "seven oh five", `7:00` "seven o'clock".
  static func clock(hour: String, minutes: String) -> [String] {
    let spoken = hour.count > 1 && hour.first == "0" ? String(hour.dropFirst()) : hour
    let start = words(digits: spoken)
    if minutes == "00" { return start + ["o'clock"] }
    if minutes.first == "0" { return start + ["oh"] + words(digits: String(minutes.dropFirst())) }
    return start + words(digits: minutes)
  }

  // MARK: From words

  /// 0…999,999, with `a hundred` and `and` as people say them; nil when it is anything else.
  static func value(_ words: ArraySlice<String>) -> Int? {
    split(words, at: "thousand", unit: 1000, below: belowThousand)
  }

  private static func belowThousand(_ words: ArraySlice<String>) -> Int? {
    split(words, at: "hundred", unit: 100, below: belowHundred)
  }

  /// `X unit [[and] Y]`, or what `below` knows when the unit is not there.
  private static func split(
    _ words: ArraySlice<String>, at unitName: String, unit: Int,
    below: (ArraySlice<String>) -> Int?
  ) -> Int? {
    guard let index = words.firstIndex(of: unitName) else { return below(words) }
    let head = words[..<index]
    let count = head.elementsEqual(["a"]) ? 1 : below(head)
    guard let count, count > 0 else { return nil }
    var tail = words[(index + 1)...]
    if tail.isEmpty { return count * unit }
    if tail.first == "and" { tail = tail.dropFirst() }
    guard let rest = below(tail), rest > 0 else { return nil }
    return count * unit + rest
  }

  static func belowHundred(_ words: ArraySlice<String>) -> Int? {
    guard let first = words.first else { return nil }
    if words.count == 1 {
      if let one = ones.firstIndex(of: first) { return one }
      if let teen = teens.firstIndex(of: first) { return 10 + teen }
    }
    guard let ten = tens.firstIndex(of: first) else { return nil }
    let rest = words.dropFirst()
    guard let last = rest.first else { return 20 + 10 * ten }
    guard rest.count == 1, let one = ones.firstIndex(of: last), one > 0 else { return nil }
    return 20 + 10 * ten + one
  }
}
