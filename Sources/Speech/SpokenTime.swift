// SPDX-License-Identifier: Apache-2.0

/// "half past seven", "seven thirty pm", "noon" → `HH:MM`.
///
/// Without a part of the day the hour is taken as spoken: "seven" is 07:00.
enum SpokenTime {
  static let partOfDayRule =
    "a m | pm | in the morning | in the afternoon | in the evening | at night"

  static func clock(_ words: ArraySlice<String>) -> String? {
    if words.elementsEqual(["midnight"]) { return "00:00" }
    if words.elementsEqual(["noon"]) || words.elementsEqual(["midday"]) { return "12:00" }
    let (spoken, part) = partOfDay(words)
    guard let (hour, minute) = relative(spoken) ?? absolute(spoken) else { return nil }
    guard let hour = part.map({ $0.hour(hour) }) ?? hour else { return nil }
    return minute < 0 ? text((hour + 23) % 24, minute + 60) : text(hour, minute)
  }

  private static func text(_ hour: Int, _ minute: Int) -> String {
    (hour < 10 ? "0" : "") + "\(hour)" + (minute < 10 ? ":0" : ":") + "\(minute)"
  }

  /// `half past seven`, `[a] quarter to seven`, `ten [minutes] to seven`.
  private static func relative(_ words: ArraySlice<String>) -> (Int, Int)? {
    guard let index = words.firstIndex(where: { $0 == "past" || $0 == "to" }),
      let hour = hour(words[(index + 1)...])
    else { return nil }
    var head = words[..<index]
    if head.last == "minutes" { head = head.dropLast() }
    if head.elementsEqual(["half"]) { return words[index] == "past" ? (hour, 30) : nil }
    let isQuarter = head.elementsEqual(["quarter"]) || head.elementsEqual(["a", "quarter"])
    guard let minutes = isQuarter ? 15 : SpokenNumber.belowHundred(head), (1..<60).contains(minutes)
    else { return nil }
    return (hour, words[index] == "past" ? minutes : -minutes)
  }

  /// `seven`, `seven o'clock`, `seven oh five`, `seven thirty`, `nineteen thirty`.
  private static func absolute(_ words: ArraySlice<String>) -> (Int, Int)? {
    if words.last == "o'clock" { return hour(words.dropLast()).map { ($0, 0) } }
    if let hour = hour(words) { return (hour, 0) }
    for length in 1...2 where words.count > length {
      guard let hour = hour(words.prefix(length)), let minute = minute(words.dropFirst(length))
      else { continue }
      return (hour, minute)
    }
    return nil
  }

  private static func hour(_ words: ArraySlice<String>) -> Int? {
    SpokenNumber.belowHundred(words).flatMap { $0 < 24 ? $0 : nil }
  }

  private static func minute(_ words: ArraySlice<String>) -> Int? {
    if words.first == "oh" {
      return SpokenNumber.belowHundred(words.dropFirst()).flatMap { (1..<10).contains($0) ? $0 : nil }
    }
    return SpokenNumber.belowHundred(words).flatMap { (10..<60).contains($0) ? $0 : nil }
  }

  private enum PartOfDay {
    case morning, afternoon, night

    /// On 24 hours; nil for what nobody says, as `nineteen thirty a m`.
    func hour(_ spoken: Int) -> Int? {
      guard (1...12).contains(spoken) else { return self == .morning ? nil : spoken }
      switch self {
      case .morning: return spoken % 12
      case .afternoon: return spoken % 12 + 12
      case .night: return spoken == 12 || spoken < 5 ? spoken % 12 : spoken + 12
      }
    }
  }

  private static let partsOfDay: [(words: [String], part: PartOfDay)] = [
    (["am"], .morning), (["a", "m"], .morning), (["in", "the", "morning"], .morning),
    (["pm"], .afternoon), (["p", "m"], .afternoon), (["in", "the", "afternoon"], .afternoon),
    (["in", "the", "evening"], .afternoon), (["at", "night"], .night),
  ]

  private static func partOfDay(_ words: ArraySlice<String>) -> (ArraySlice<String>, PartOfDay?) {
    for (ending, part) in partsOfDay where words.suffix(ending.count).elementsEqual(ending) {
      return (words.dropLast(ending.count), part)
    }
    return (words, nil)
  }
}
