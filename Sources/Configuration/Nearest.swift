// SPDX-License-Identifier: Apache-2.0
import Spelling

/// "Did you mean …?" for keys, names and choices.
public enum Nearest {
  /// The candidate that `word` begins, or that a typing mistake turns into it; nil when none is near.
  public static func match(_ word: String, in candidates: [String]) -> String? {
    if word.count >= 3, let longer = candidates.first(where: { $0.hasPrefix(word.lowercased()) }) {
      return longer
    }
    return Spelling.nearest(to: word, in: candidates, limit: max(1, min(3, word.count / 3)))
  }

  /// ` Did you mean 'x'?`, else ` Allowed: a, b, c.` with at most 24 of them.
  public static func advice(_ word: String, in candidates: [String], label: String = "Allowed") -> String {
    if let match = match(word, in: candidates) { return " Did you mean '\(match)'?" }
    if candidates.isEmpty { return "" }
    let shown = candidates.prefix(24).joined(separator: ", ")
    return " \(label): \(shown)\(candidates.count > 24 ? ", …" : "")."
  }
}
