// SPDX-License-Identifier: Apache-2.0

/// Phones are ARPAbet's, as in the CMU dictionary; others stay as they are.
extension Pronunciations {
  /// Lines with more variants of the words of `text`, the lines of a dictionary; see docs/decisions/0009:
  /// - without the sounds that noise covers first, an "h" at the beginning and a voiceless stop after a
  ///   consonant at the end: "help" as `EH L P`, `HH EH L` and `EH L`;
  /// - with the vowel of "cot" for that of "caught", which are one for many speakers: "off" as `AA F`.
  ///
  /// Two words never become alike: "hall" stays apart from "all", and "hold" from "old".
  static func variants(of text: [UInt8], _ phones: Set<String>) -> [UInt8] {
    // Bytes: "\r\n" is one character, as is a blank with an accent.
    let lines = text.split(separator: 0x0A).map { line in
      line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self)[...] }
    }
    let variants = lines.flatMap { line in
      forms(of: Array(line.dropFirst())).map { (word: word(of: line[0]), form: $0) }
    }
    let words = Dictionary(grouping: variants, by: \.form).mapValues { Set($0.map(\.word)) }
    var names = Set(lines.compactMap(\.first))
    var known = Set(lines.map { Array($0.dropFirst()) })
    var added = ""
    for (word, form) in variants {
      guard words[form]?.count == 1, form.allSatisfy({ phones.contains(String($0)) }),
        known.insert(form).inserted,
        let name = (2...).lazy.map({ "\(word)(\($0))"[...] }).first(where: { !names.contains($0) })
      else { continue }
      names.insert(name)
      added += "\(name) \(form.joined(separator: " "))\n"
    }
    return Array(added.utf8)
  }

  private static let consonants: Set<Substring> = [
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V",
    "W", "Y", "Z", "ZH",
  ]
  private static let voicelessStops: Set<Substring> = ["P", "T", "K"]

  private static func forms(of phones: [Substring]) -> [[Substring]] {
    var forms = [phones]
    for change in [withoutH, withoutLastStop, merged] { forms += forms.compactMap { change($0) } }
    return forms
  }

  private static func withoutH(_ phones: [Substring]) -> [Substring]? {
    phones.first == "HH" && phones.count > 2 ? Array(phones.dropFirst()) : nil
  }

  private static func withoutLastStop(_ phones: [Substring]) -> [Substring]? {
    guard phones.count > 2, voicelessStops.contains(phones[phones.count - 1]),
      consonants.contains(phones[phones.count - 2])
    else { return nil }
    return phones.dropLast()
  }

  /// Before "r" the two vowels differ for everybody.
  private static func merged(_ phones: [Substring]) -> [Substring]? {
    let merged = zip(phones, phones.dropFirst() + [""]).map { $0 == "AO" && $1 != "R" ? "AA" : $0 }
    return merged == phones ? nil : merged
  }

  private static func word(of name: Substring) -> Substring { Substring(name.utf8.prefix { $0 != 0x28 }) }
}
