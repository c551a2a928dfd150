// SPDX-License-Identifier: Apache-2.0

/// Finds what a person probably meant.
public enum Spelling {
  /// Longer texts are far from all.
  public static let lengthMax = 64

  /// At most `count` candidates that differ little from `text`, nearest first; case makes no difference.
  ///
  /// - Parameter limit: most edits; unless given 1 for up to three characters, then 2, or a third of them.
  public static func nearest(
    to text: String, in candidates: [String], count: Int, limit: Int? = nil
  ) -> [String] {
    let limit = limit ?? (text.count < 4 ? 1 : max(2, text.count / 3))
    let text = text.lowercased()
    var seen = Set<String>()
    return candidates.filter { !$0.isEmpty && seen.insert($0).inserted }
      .map { (name: $0, distance: distance(text, $0.lowercased())) }
      .filter { $0.distance <= limit }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(count)
      .map(\.name)
  }

  /// The nearest candidate, nil when none is near; see `nearest(to:in:count:limit:)`.
  public static func nearest(to text: String, in candidates: [String], limit: Int? = nil) -> String? {
    nearest(to: text, in: candidates, count: 1, limit: limit).first
  }

  /// Edits that turn `left` into `right`: characters inserted, deleted or replaced, neighbours swapped.
  public static func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left), Array(right))
    if a.isEmpty || b.isEmpty || a.count > lengthMax || b.count > lengthMax { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
      var row = [i]
      for j in 1...b.count {
        let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row.append(min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], rows[i - 2][j - 2] + 1)
        }
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
