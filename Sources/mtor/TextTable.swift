// SPDX-License-Identifier: Apache-2.0
import Configuration
import Log

/// Columns for a terminal: as wide as needed, at most 80 together; long cells wrap.
struct TextTable {
  let headings: [String]
  private(set) var rows: [[String]] = []

  init(_ headings: String...) { self.headings = headings }

  /// Missing cells are empty.
  mutating func add(_ cells: String...) { add(cells) }

  mutating func add(_ cells: [String]) {
    let missing = max(0, headings.count - cells.count)
    let shown = cells.prefix(headings.count).map(LogEvent.escaped)
    rows.append(shown + Array(repeating: "", count: missing))
  }

  var isEmpty: Bool { rows.isEmpty }

  /// Each line ends with a newline; nothing for an empty table.
  func text(width: Int = HelpText.width) -> String {
    if isEmpty { return "" }
    let widths = columnWidths(width)
    let lines = ([headings.map { $0.uppercased() }] + rows).flatMap { wrapped($0, widths) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// As wide as the longest cell; when that is too much, the widest columns give way, and wrap.
  private func columnWidths(_ width: Int) -> [Int] {
    var widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    let room = width - 2 * (widths.count - 1)
    while widths.reduce(0, +) > room, let widest = widths.max(), widest > Self.narrowest {
      widths[widths.lastIndex(of: widest) ?? 0] -= 1
    }
    return widths
  }

  private func wrapped(_ cells: [String], _ widths: [Int]) -> [String] {
    let columns = zip(cells, widths).map { TextWrap.lines($0, width: $1) }
    return (0..<(columns.map(\.count).max() ?? 0)).map { row in
      let parts = zip(columns, widths).map { lines, width in
        (row < lines.count ? lines[row] : "").padded(to: width)
      }
      return String(parts.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }

  private static let narrowest = 8
}
