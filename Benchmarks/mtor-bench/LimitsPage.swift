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
    and thresholds. Goals are judged on synthetic voices that are made from recordings; thresholds were chosen
    on the first six, the other six were only measured; formant voices are reported beside them. In brackets:
    the 95 % interval, and trials or hours. Trials of one voice are not independent, so the true interval is
    wider; people, rooms and echo are not in the corpus. Noise is white or pink, in proportion to the speech's
    mean power; the level varies by 12 dB.

    - **wake phrase, whole exchange, cut early**: a continuous stream of phrase, 0.15 to 0.6 s of pause and one
      of 66 commands, through voice activity, spotter, voice machine and recogniser as the daemon joins them.
      Right: one utterance, and what was understood has the meaning of what was said.
    - **intent, every word, other speech rejected**: single utterances with 0.3 s before and 0.4 s after; the
      grammar has 51 templates, or three commands.
    - **false wakes**: sentences, questions and commands without the phrase; sentences with words in it that
      resemble wake phrases ("hey Peter", "the charges"); little else than such words ("hey Travis"), without
      a goal; and steady noise of three colours, clicks, a tune and bursts.


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
