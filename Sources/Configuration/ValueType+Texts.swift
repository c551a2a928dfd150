// SPDX-License-Identifier: Apache-2.0
import YAML

extension ValueType<String> {
  /// Any text of one line, not empty.
  static func text(_ summary: String = "text", bytesMax: Int = 1024) -> ValueType {
    .scalar(
      summary,
      parse: { text in
        if text.isEmpty { return .failure(BadText(text: "the text is empty; expected \(summary).")) }
        return text.utf8.count <= bytesMax
          ? .success(text)
          : .failure(BadText(text: "\(quoted(text)) is too long: at most \(bytesMax) bytes."))
      },
      show: { $0 })
  }

  /// A name that others refer to: small letters, digits and `_`.
  static func name(_ summary: String = "name") -> ValueType {
    .scalar(
      summary,
      parse: { text in Name.problem(text).map { .failure(BadText(text: $0)) } ?? .success(text) },
      show: { $0 })
  }
}

extension ValueType<Bool> {
  static let flag = ValueType.scalar(
    "on or off",
    parse: { text in
      switch text {
      case "on", "true", "yes": .success(true)
      case "off", "false", "no": .success(false)
      default: .failure(BadText(text: "\(quoted(text)) is neither on nor off."))
      }
    },
    show: { $0 ? "on" : "off" })
}

extension ValueType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of an enumeration's words.
  static func choice() -> ValueType {
    let words = Value.allCases.map(\.rawValue)
    return .scalar(
      words.joined(separator: ", "),
      parse: { text in
        if let value = Value(rawValue: text) { return .success(value) }
        let hint = Nearest.match(text, in: words).map { " Did you mean '\($0)'?" } ?? ""
        let allowed = words.joined(separator: ", ")
        return .failure(BadText(text: "\(quoted(text)) is not one of \(allowed).\(hint)"))
      },
      show: \.rawValue)
  }
}

extension ValueType {
  /// A list of the same kind of value, `count` of them.
  static func list<Element: Sendable>(
    _ summary: String, of element: ValueType<Element>, count: ClosedRange<Int>, orSingle: Bool = false
  ) -> ValueType where Value == [Element] {
    ValueType(
      summary: summary, keys: element.keys,
      read: { node, path, _, reader in
        let items: [YAMLNode]
        switch node {
        case .list(let nodes, _): items = nodes
        case .invalid: return nil
        case _ where orSingle && !node.isNull: items = [node]
        default:
          reader.note(node.mark, path, "expected a list: \(summary).")
          return nil
        }
        guard count.contains(items.count) else {
          let allowed = count.lowerBound == 0 ? "at most" : "\(count.lowerBound) to"
          reader.note(node.mark, path, "\(items.count) items; \(allowed) \(count.upperBound) are allowed.")
          return nil
        }
        let values = items.enumerated().map { index, item in
          reader.remember(item.mark, at: "\(path)[\(index)]")
          return element.read(item, "\(path)[\(index)]", nil, &reader)
        }
        return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
      },
      tree: { values in .list(values.compactMap(element.tree), YAMLMark()) })
  }
}

extension ValueType<[String]> {
  /// A program and its arguments: no shell is involved.
  static let program = list(
    "program and arguments", of: .text("text", bytesMax: 4096), count: 1...64)
}

/// Names of lines, commands, lists, workers and automations.
enum Name {
  static let lengthMax = 48

  static func problem(_ text: String) -> String? {
    let isFine =
      text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
      && text.utf8.first.map(isLetter) == true
    if isFine && text.utf8.count <= lengthMax { return nil }
    let suggestion = suggestion(for: text).map { " Did you mean '\($0)'?" } ?? ""
    return
      "\(quoted(text)) is not a name: use small letters, digits and '_', at most \(lengthMax).\(suggestion)"
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

  private static func suggestion(for text: String) -> String? {
    let joined = text.lowercased().map { $0 == " " || $0 == "-" || $0 == "." ? "_" : $0 }
    let candidate = String(joined)
    return candidate != text && problem(candidate) == nil ? candidate : nil
  }
}
