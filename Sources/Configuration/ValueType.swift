// SPDX-License-Identifier: Apache-2.0
import YAML

/// How a kind of value is read, written and described. Scalars, sections and maps are all value types,
/// so that one table of fields serves the decoder, the sample, the reference and the error texts.
struct ValueType<Value: Sendable>: Sendable {
  /// For people: `duration, 1ms…10s`.
  var summary: String
  /// The keys below, when there are any.
  var keys: [KeyDocumentation] = []
  /// Reads over `current`, which matters only to what has keys; nil after noting a problem.
  var read: @Sendable (_ node: YAMLNode, _ path: String, _ current: Value?, _ reader: inout Reader) -> Value?
  /// The value as it would be written; nil leaves the key out.
  var tree: @Sendable (Value) -> YAMLNode?
}

extension ValueType {
  /// A scalar: `parse` returns a value or a sentence that says what is wrong with the text.
  static func scalar(
    _ summary: String, parse: @escaping @Sendable (String) -> Result<Value, BadText>,
    show: @escaping @Sendable (Value) -> String
  ) -> ValueType {
    ValueType(
      summary: summary,
      read: { node, path, _, reader in
        guard let text = reader.text(node, path, expected: summary) else { return nil }
        switch parse(text) {
        case .success(let value): return value
        case .failure(let bad):
          reader.note(node.mark, path, bad.text)
          return nil
        }
      },
      tree: { .text(show($0)) })
  }

  /// The same kind of value, or none, written as the given word; without a word, none is left out.
  static func optional<Wrapped: Sendable>(
    _ wrapped: ValueType<Wrapped>, none word: String? = nil
  ) -> ValueType where Value == Wrapped? {
    ValueType(
      summary: word.map { "\(wrapped.summary), or \($0)" } ?? wrapped.summary, keys: wrapped.keys,
      read: { node, path, current, reader in
        if let word, case .scalar(word, _, _) = node { return .some(nil) }
        return wrapped.read(node, path, current ?? nil, &reader).map { .some($0) }
      },
      tree: { value in value.map { wrapped.tree($0) } ?? word.map { .text($0) } })
  }
}

/// Why a text is not a value.
struct BadText: Error {
  var text: String
}

extension YAMLNode {
  static func text(_ text: String) -> YAMLNode { .scalar(text, isPlain: true, YAMLMark()) }
}
