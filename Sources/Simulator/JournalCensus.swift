// SPDX-License-Identifier: Apache-2.0
import JSON
import Store

/// What a world's journal holds when it is over.
public struct JournalCensus: Sendable, Equatable {
  /// What a verification has found.
  public var problems: [String] = []
  /// Rows by kind.
  public var rows: [String: Int] = [:]
  /// What the journal says was not stored, by kind.
  public var lost: [String: Int] = [:]
  /// The same by the store's own count.
  public var unstored = 0

  public init() {}

  /// Stored or not.
  func happened(_ kind: String) -> Int { rows[kind, default: 0] + lost[kind, default: 0] }

  /// Reads and verifies the journal of `directory`.
  init(directory: String, unstored: Int) {
    self.unstored = unstored
    do throws(StoreError) {
      let reader = try JournalReader.open(StorePaths(directory: directory).main)
      let found = try reader.verify()
      problems = found.faults.map { "\($0)" } + found.losses.map { "rows lost: \($0.reason)" }
      var (rows, lost): ([String: Int], [String: Int]) = ([:], [:])
      _ = try reader.visit(after: 0) { row in
        rows[row.kind, default: 0] += 1
        for (kind, count) in row.kind == "store.gap" ? row.members["lost"]?.objectValue?.members ?? [] : [] {
          lost[kind, default: 0] += Int(count.numberValue ?? 0)
        }
        return true
      }
      (self.rows, self.lost) = (rows, lost)
    } catch { problems = ["\(error)"] }
  }
}
