// SPDX-License-Identifier: Apache-2.0
import JSON

/// Texts with slots in braces, `Turned on the {light}`, and expressions in double ones,
/// `{{ sensor.cellar }}`.
public enum Template {
  /// Puts the slots' values in; a slot without a value stays as it is written.
  public static func fill(_ text: String, _ slots: [String: String]) -> String {
    slots.isEmpty ? text : fill(text, slots) { "{{\($0)}}" }
  }

  /// The same with the values of expressions; one that cannot be read is left as it is written, which
  /// the configuration does not let through.
  public static func fill(
    _ text: String, _ slots: [String: String], in scope: some ExpressionScope
  ) -> String {
    fill(text, slots) { source in
      guard let expression = try? Expression(source) else { return "{{\(source)}}" }
      return expression.value(in: scope).shown
    }
  }

  private static func fill(
    _ text: String, _ slots: [String: String], _ evaluate: (String) -> String
  ) -> String {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
    var result = ""
    for part in parts(text) {
      switch part {
      case .text(let text): result += text
      case .slot(let name): result += slots[name] ?? "{\(name)}"
      case .expression(let source): result += evaluate(source)
      }
    }
    return result
  }

  /// The same for a line's name: values become words of configuration, `kitchen light` → `kitchen_light`.
  public static func fillName(_ text: String, _ slots: [String: String]) -> String {
    fill(text, slots.mapValues(name))
  }

  static func name(_ value: String) -> String {
    String(value.lowercased().map { $0 == " " ? "_" : $0 })
  }

  /// The expressions of a text, in order, as they are written.
  public static func expressions(_ text: String) -> [String] {
    parts(text).compactMap { if case .expression(let source) = $0 { source } else { nil } }
  }

  /// The text without its expressions: what is left to be looked at for slots.
  public static func withoutExpressions(_ text: String) -> String {
    parts(text).reduce(into: "") { result, part in
      switch part {
      case .text(let text): result += text
      case .slot(let name): result += "{\(name)}"
      case .expression: break
      }
    }
  }

  private enum Part {
    case text(String), slot(String), expression(String)
  }

  /// A brace without its partner is text.
  private static func parts(_ text: String) -> [Part] {
    var found: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      let isDouble = rest[open...].hasPrefix("{{")
      let closing = isDouble ? "}}" : "}"
      guard let close = rest[open...].place(of: closing) else {
        if !isDouble { break }
        // `{{` without its end: the first brace is text, what follows may still be a slot.
        let next = rest.index(after: open)
        found.append(.text(String(rest[..<next])))
        rest = rest[next...]
        continue
      }
      if open > rest.startIndex { found.append(.text(String(rest[..<open]))) }
      let start = rest.index(open, offsetBy: isDouble ? 2 : 1)
      let inner = String(rest[start..<close.lowerBound])
      found.append(isDouble ? .expression(inner) : .slot(inner))
      rest = rest[close.upperBound...]
    }
    if !rest.isEmpty { found.append(.text(String(rest))) }
    return found
  }
}
