// SPDX-License-Identifier: Apache-2.0
import Configuration

/// Columns for a terminal: as wide as needed, at most 80; the last column wraps.
struct TextTable {
  let headings: [String]
  private(set) var rows: [[String]] = []

  init(_ headings: String...) { self.headings = headings }

  /// Missing cells are empty.
  mutating func add(_ cells: String...) { add(cells) }

  mutating func add(_ cells: [String]) {
    let missing = max(0, headings.count - cells.count)
    rows.append(cells.prefix(headings.count) + Array(repeating: "", count: missing))
  }

  var isEmpty: Bool { rows.isEmpty }

  /// Each line ends with a newline; nothing for an empty table.
  func text(width: Int = HelpText.width) -> String {
    if isEmpty { return "" }
    let widths = columnWidths(width)
    let lines = ([headings.map { $0.uppercased() }] + rows).flatMap { wrapped($0, widths) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The last column takes what the others leave, but never less than 20.
  private func columnWidths(_ width: Int) -> [Int] {
    var widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    let others = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    widths[widths.count - 1] = min(widths[widths.count - 1], max(20, width - others))
    return widths
  }

  private func wrapped(_ cells: [String], _ widths: [Int]) -> [String] {
    let head = zip(cells, widths).dropLast().map { $0.padded(to: $1) + "  " }.joined()
    let margin = String(repeating: " ", count: head.count)
    let last = TextWrap.lines(cells[cells.count - 1], width: widths[widths.count - 1])
    return last.enumerated().map { index, text in
      let line = (index == 0 ? head : margin) + text
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
