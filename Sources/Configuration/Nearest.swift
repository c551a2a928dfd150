// SPDX-License-Identifier: Apache-2.0

/// "Did you mean …?" for keys, names and choices.
public enum Nearest {
  /// The candidate that `word` begins, or that a typing mistake turns into it; nil when none is near.
  public static func match(_ word: String, in candidates: [String]) -> String? {
    if word.count >= 3, let longer = candidates.first(where: { $0.hasPrefix(word.lowercased()) }) {
      return longer
    }
    let limit = max(1, min(3, word.count / 3))
    let scored = candidates.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
    return best.word
  }

  /// ` Did you mean 'x'?`, else ` Allowed: a, b, c.` with at most 24 of them.
  public static func advice(_ word: String, in candidates: [String], label: String = "Allowed") -> String {
    if let match = match(word, in: candidates) { return " Did you mean '\(match)'?" }
    if candidates.isEmpty { return "" }
    let shown = candidates.prefix(24).joined(separator: ", ")
    return " \(label): \(shown)\(candidates.count > 24 ? ", …" : "")."
  }

  /// Insertions, deletions, substitutions and swaps of neighbours; texts over 64 characters are far from all.
  static func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left), Array(right))
    if a.isEmpty || b.isEmpty || a.count > 64 || b.count > 64 { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
      var row = [i]
      for j in 1...b.count {
        let substitution = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row.append(min(rows[i - 1][j] + 1, row[j - 1] + 1, substitution))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], rows[i - 2][j - 2] + 1)
        }
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
