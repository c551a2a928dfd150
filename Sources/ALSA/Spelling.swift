// SPDX-License-Identifier: Apache-2.0

/// Finds what a person probably meant.
enum Spelling {
  /// At most `count` candidates that differ little from `text`, nearest first.
  static func nearest(to text: String, in candidates: [String], count: Int = 2) -> [String] {
    let limit = max(2, text.utf8.count / 3)
    var seen = Set<String>()
    return
      candidates
      .filter { seen.insert($0).inserted }
      .map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
      .filter { $0.distance <= limit }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(count)
      .map(\.name)
  }

  /// Edits (insert, delete, replace) that turn `a` into `b`.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    var previous = Array(0...b.count)
    for (row, left) in a.enumerated() {
      var current = [row + 1]
      for (column, right) in b.enumerated() {
        let replaced = previous[column] + (left == right ? 0 : 1)
        current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[b.count]
  }
}
