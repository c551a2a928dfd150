// SPDX-License-Identifier: Apache-2.0

/// Texts with `{slots}` that a command fills.
enum TemplateText {
  /// Filled by the runtime whatever started the automation: the local time and date in words.
  static let alwaysKnown = ["time", "date"]

  /// The names in braces, in order; nil when a brace is not closed or not opened.
  static func slots(_ text: String) -> [String]? {
    var slots: [String] = []
    var open: String.Index?
    for index in text.indices {
      switch (text[index], open) {
      case ("{", nil): open = text.index(after: index)
      case ("}", let start?):
        slots.append(String(text[start..<index]))
        open = nil
      case ("{", _), ("}", nil): return nil
      default: continue
      }
    }
    return open == nil ? slots : nil
  }
}
