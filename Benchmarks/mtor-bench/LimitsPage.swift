// SPDX-License-Identifier: Apache-2.0

/// docs/limits.md: what was measured, how, and on what machine.
struct LimitsPage {
  let measured: Measured
  /// The table that `make accuracy` has written; nil: not measured.
  let accuracy: String?

  var text: String {
    """
    # Limits

    <!-- Written by `make limits` from what `make bench` and `make accuracy` have measured; do not edit. -->

    ## Time, memory, power

    Measured \(Machine.date(of: measured.path)) by `make bench`: release build, \(Machine.description)\(load).
    Each row that has a baseline was measured against it in the same run, in turns, and is judged by the median
    of the ratios. Every figure with its 95 % interval is in `build/bench.jsonl` after a run.

    | what | goal | measured | |
    |---|---|---|---|
    \(rows.map(\.line).joined(separator: "\n"))

    ### How

    \(rows.map { "- **\($0.what)**: \($0.method)" }.joined(separator: "\n"))

    ## Speech

    \(accuracy.map { Self.speechIntroduction + $0 } ?? "Not measured yet: `make accuracy`.\n")
    """
  }

  private static let speechIntroduction = """
    Measured by `make accuracy` on a generated corpus: the engines of `mtor-speech` with the default wake phrase
    and thresholds. Goals hold for voices made from recordings; formant voices are reported beside them.


    """

  private var load: String {
    guard let load = measured.number("machine.load") else { return "" }
    return ", load \(format(load, decimals: 1)) at the beginning"
  }

  private var rows: [Row] {
    LimitsRow.all.map { Row(what: $0.what, line: line($0), method: $0.method) }
  }

  private func line(_ row: LimitsRow) -> String {
    let verdict = row.judged.isEmpty ? "" : measured.meets(row.judged).map { $0 ? "met" : "**missed**" } ?? ""
    return "| \(row.what) | \(row.goal) | \(row.value(measured)) | \(verdict) |"
  }

  private struct Row {
    let what: String
    let line: String
    let method: String
  }
}
