// SPDX-License-Identifier: Apache-2.0
import Time

/// Decides which of many equal messages are said: the first, then one per interval. Pure.
struct RepetitionGuard {
  /// Conditions remembered at once; beyond, the one that spoke longest ago is forgotten and may
  /// speak again early.
  static let keysMax = 256

  private var entries: [String: Entry] = [:]

  /// How many were left out since the last line when this one may be said, else nil.
  mutating func admit(_ key: String, every interval: Duration, at now: Instant) -> Int? {
    if let entry = entries[key], now < entry.spoke + interval {
      entries[key]?.leftOut += 1
      return nil
    }
    let leftOut = entries[key]?.leftOut ?? 0
    if entries[key] == nil, entries.count >= Self.keysMax { forgetOldest() }
    entries[key] = Entry(spoke: now)
    return leftOut
  }

  mutating func settle(_ key: String) -> Bool { entries.removeValue(forKey: key) != nil }

  private mutating func forgetOldest() {
    guard let oldest = entries.min(by: { $0.value.spoke < $1.value.spoke }) else { return }
    entries[oldest.key] = nil
  }

  private struct Entry {
    var spoke: Instant
    var leftOut = 0
  }
}
