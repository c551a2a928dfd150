// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Speech

@Suite struct SpokenTextTests {
  @Test(arguments: [
    ("Turn ON the Light!", "turn on the light"), ("", ""), ("...?!", ""),
    ("it's 7 o\u{2019}clock", "it's seven o'clock"), ("wake me at 7:30", "wake me at seven thirty"),
    ("7:05 and 07:00", "seven oh five and seven o'clock"), ("19:45", "nineteen forty five"),
    ("set to 50%", "set to fifty percent"), ("21.5°", "twenty one point five degrees"),
    ("1,250 lights", "one thousand two hundred fifty lights"), ("1,25", "one twenty five"),
    ("-5 degrees", "minus five degrees"), ("living-room", "living room"), ("5-6", "five six"),
    ("the 21st of 3rd", "the twenty first of third"), ("10min", "ten min"), ("7 p.m.", "seven pm"),
    ("007", "zero zero seven"), ("1234567", "one two three four five six seven"),
    ("'quoted' dogs'", "quoted dogs"), ("Küche an", "küche an"), ("100", "one hundred"),
  ])
  func textIsReadAsItIsSpoken(text: String, spoken: String) {
    #expect(SpokenText.words(text).joined(separator: " ") == spoken)
  }

  @Test(arguments: [
    ("What's up", "what is up"), ("don't", "do not"), ("I'll", "i will"), ("OK", "okay"),
    ("can't", "can not"), ("john's lamp", "john's lamp"),
  ])
  func contractionsAreWrittenOut(text: String, canonical: String) {
    #expect(SpokenText.canonical(text).joined(separator: " ") == canonical)
  }

  @Test func eachNumberSpokenIsUnderstood() {
    for number in Array(0...2000) + [9999, 10_000, 123_456, 999_999] {
      #expect(SpokenNumber.value(SpokenNumber.words(number)[...]) == number)
      #expect(SpokenText.words(String(number)) == SpokenNumber.words(number))
    }
  }

  @Test func textIsTheSameReadInPieces() {
    var random = Seed.generator()
    let pieces = [
      "7:30", "21.5°", "what's", "-5", "p.m.", "1,000", "a", "'", ".", "%", "3rd", "é", "\n", "O'",
    ]
    for _ in 0..<2000 {
      let parts = (0..<4).map { _ in
        (0..<2).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      }
      let whole = SpokenText.canonical(parts.joined(separator: " "))
      #expect(whole == parts.flatMap { SpokenText.canonical($0) }, "\(parts)")
      #expect(whole.allSatisfy { $0.allSatisfy { $0.isLetter || $0 == "'" } })
    }
  }

  @Test(
    arguments: [
      (.number, "a hundred", "100"), (.number, "one hundred and five", "105"), (.number, "0", "0"),
      (.number, "-21.5", "-21.5"), (.number, "twenty ten", nil), (.number, "zero hundred", nil),
      (.number, "and five", nil), (.number, "point five", nil), (.percent, "50%", "50"),
      (.percent, "fifty", "50"), (.percent, "percent", nil), (.duration, "10 minutes", "600s"),
      (.duration, "half an hour", "1800s"), (.duration, "an hour and a half", "5400s"),
      (.duration, "two and a half hours", "9000s"), (.duration, "one minute thirty seconds", "90s"),
      (.duration, "1 hour and 20 min", "4800s"), (.duration, "a second", "1s"),
      (.duration, "ten seconds five minutes", nil), (.duration, "minutes", nil), (.duration, "ten", nil),
      (.time, "half past seven", "07:30"), (.time, "a quarter to seven pm", "18:45"),
      (.time, "twenty five minutes to one", "00:35"), (.time, "7:30 p.m.", "19:30"),
      (.time, "19:05", "19:05"), (.time, "twelve at night", "00:00"), (.time, "noon", "12:00"),
      (.time, "twelve in the morning", "00:00"), (.time, "twenty one", "21:00"),
      (.time, "nine in the evening", "21:00"), (.time, "seven sixty", nil), (.time, "past seven", nil),
      (.time, "nineteen a m", nil), (.ordinal, "21st", "21"), (.ordinal, "first", "1"),
      (.ordinal, "one", nil),
    ] as [(BuiltInSlot, String, String?)])
  func builtInSlotsGiveDigits(slot: BuiltInSlot, text: String, value: String?) {
    #expect(slot.value(SpokenText.canonical(text)[...]) == value)
  }
}
