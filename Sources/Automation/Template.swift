// SPDX-License-Identifier: Apache-2.0

/// Texts with slots in braces: `Turned on the {light}`.
public enum Template {
  /// Puts the slots' values in; a slot without a value stays as it is written.
  public static func fill(_ text: String, _ slots: [String: String]) -> String {
    guard !slots.isEmpty, text.utf8.contains(UInt8(ascii: "{")) else { return text }
    var result = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      result += rest[..<open]
      let name = rest[rest.index(after: open)..<close]
      result += slots[String(name)] ?? String(rest[open...close])
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  /// The same for a line's name: values become words of configuration, `kitchen light` → `kitchen_light`.
  public static func fillName(_ text: String, _ slots: [String: String]) -> String {
    fill(
      text,
      slots.mapValues { value in
        String(value.lowercased().map { $0 == " " ? "_" : $0 })
      })
  }
}
