// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

/// Writes figures: a table for people, a line of JSON each for programs.
enum Report {
  static let header = row("case", "unit", "value", "baseline", "ratio", "95 % interval", "goal", "")

  /// A line of the table; 79 columns.
  static func row(_ figure: Figure) -> String {
    let interval = figure.interval.map { "\(brief($0.lowerBound))…\(brief($0.upperBound))" }
    return row(
      figure.name, figure.unit, brief(figure.value), figure.baseline.map(brief) ?? "",
      figure.ratio.map { format($0, decimals: 2) } ?? "", interval ?? "",
      figure.goal.map { "≤\(brief($0))" } ?? "", figure.meets.map { $0 ? "ok" : "MISS" } ?? "")
  }

  /// Appends the figures to a file.
  /// - Throws: `SystemError` naming the file.
  static func append(_ figures: [Figure], to path: String) throws(SystemError) {
    if let slash = path.lastIndex(of: "/") { mkdir(String(path[..<slash]), 0o777) }
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    var lines = figures.map { $0.json + "\n" }.joined()
    let (raw, count) = (file.raw, lines.utf8.count)
    if lines.withUTF8({ write(raw, $0.baseAddress, $0.count) }) != count {
      throw SystemError("write \(path)")
    }
  }

  private static func row(
    _ name: String, _ unit: String, _ value: String, _ baseline: String, _ ratio: String,
    _ interval: String, _ goal: String, _ verdict: String
  ) -> String {
    [
      left(name, 25), left(unit, 6), right(value, 8), right(baseline, 8), right(ratio, 5),
      right(interval, 13), right(goal, 5), verdict,
    ].joined(separator: " ")
  }

  private static func brief(_ value: Double) -> String {
    let size = abs(value)
    return format(value, decimals: size >= 100 ? 0 : size >= 10 ? 1 : size == size.rounded() ? 0 : 2)
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
