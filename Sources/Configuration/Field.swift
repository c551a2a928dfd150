// SPDX-License-Identifier: Apache-2.0
import YAML

/// One key of a section: its name, where its value lives, its kind and what it means.
struct Field<Root: Sendable>: Sendable {
  let key: String
  let summary: String
  let meaning: String
  let keys: [KeyDocumentation]
  let isRequired: Bool
  /// Has a meaning only together with one of these keys.
  let beside: [String]
  let read: @Sendable (YAMLNode, String, inout Root, inout Reader) -> Void
  let tree: @Sendable (Root) -> YAMLNode?

  init<Value>(
    _ key: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ type: ValueType<Value>,
    beside: [String] = [], isRequired: Bool = false, _ meaning: String
  ) {
    self.key = key
    summary = type.summary
    self.meaning = meaning
    keys = type.keys
    self.isRequired = isRequired
    self.beside = beside
    read = { node, place, root, reader in
      guard let value = type.read(node, place, root[keyPath: path], &reader) else { return }
      root[keyPath: path] = value
    }
    tree = { root in type.tree(root[keyPath: path]) }
  }
}

/// A key as the sample and the reference show it.
struct KeyDocumentation: Sendable {
  var key: String
  var summary: String
  var meaning: String
  /// As it would be written in the file; nil when there is none.
  var defaultText: String?
  var isRequired: Bool
  var beside: [String]
  var keys: [KeyDocumentation]

  init<Root>(_ field: Field<Root>, blank: Root) {
    key = field.key
    summary = field.summary
    meaning = field.meaning
    defaultText = field.keys.isEmpty && !field.isRequired ? field.tree(blank).map(YAMLWriter.inline) : nil
    isRequired = field.isRequired
    beside = field.beside
    keys = field.keys
  }
}
