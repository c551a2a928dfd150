// SPDX-License-Identifier: Apache-2.0
import YAML

/// Keys of which a section may hold only one, or must hold exactly one.
struct Alternatives: Sendable {
  var keys: [String]
  var isRequired = false
}

extension ValueType {
  /// A map with known keys; what is not written keeps its value in `blank`.
  static func section(
    _ blank: Value, _ fields: [Field<Value>], alternatives: [Alternatives] = []
  ) -> ValueType {
    ValueType(
      summary: "keys", keys: fields.map { KeyDocumentation($0, blank: blank) },
      read: { node, path, current, reader in
        guard let entries = reader.entries(node, path, keys: fields.map(\.key)) else { return nil }
        var value = current ?? blank
        for entry in entries {
          let place = path.isEmpty ? entry.key : "\(path).\(entry.key)"
          guard let field = fields.first(where: { $0.key == entry.key }) else {
            let advice = Nearest.advice(entry.key, in: fields.map(\.key))
            reader.note(entry.keyMark, path, "unknown key \(quoted(entry.key)).\(advice)")
            continue
          }
          reader.remember(entry.value.isNull ? entry.keyMark : entry.value.mark, at: place)
          field.read(entry.value, place, &value, &reader)
        }
        let problem = SectionRules(fields: fields, alternatives: alternatives).problem(entries)
        problem.map { reader.note($0.mark ?? node.mark, path, $0.text) }
        return value
      },
      tree: { value in
        let written = fields.compactMap { field in
          field.tree(value).map { YAMLEntry(key: field.key, value: $0) }
        }
        let keys = Set(written.map(\.key))
        let entries = written.filter { entry in
          let beside = fields.first { $0.key == entry.key }?.beside ?? []
          return beside.isEmpty || !keys.isDisjoint(with: beside)
        }
        return entries.isEmpty ? nil : .map(entries, YAMLMark())
      })
  }

  /// A map of names that the user chooses, in the file's order.
  static func named<Element: Sendable>(
    _ noun: String, _ element: ValueType<Element>, name: WritableKeyPath<Element, String> & Sendable,
    count: Int, problem: @escaping @Sendable (String) -> String? = Name.problem,
    blank: @escaping @Sendable (String) -> Element
  ) -> ValueType where Value == [Element] {
    ValueType(
      summary: "a map: name of the \(noun) → \(element.summary)", keys: element.keys,
      read: { node, path, _, reader in
        guard let entries = reader.names(node, path, noun: noun, count: count, problem) else { return nil }
        return entries.compactMap { entry in
          let place = "\(path).\(entry.key)"
          reader.remember(entry.keyMark, at: place)
          return element.read(entry.value, place, blank(entry.key), &reader)
        }
      },
      tree: { elements in
        let entries = elements.compactMap { item in
          element.tree(item).map { YAMLEntry(key: item[keyPath: name], value: $0) }
        }
        return entries.isEmpty ? nil : .map(entries, YAMLMark())
      })
  }

  /// A map of names whose order does not matter.
  static func dictionary<Element: Sendable>(
    _ noun: String, _ element: ValueType<Element>, count: Int
  ) -> ValueType where Value == [String: Element] {
    ValueType(
      summary: "a map: name of the \(noun) → \(element.summary)",
      read: { node, path, _, reader in
        guard let entries = reader.names(node, path, noun: noun, count: count) else { return nil }
        var values: [String: Element] = [:]
        for entry in entries {
          reader.remember(entry.keyMark, at: "\(path).\(entry.key)")
          values[entry.key] = element.read(entry.value, "\(path).\(entry.key)", nil, &reader)
        }
        return values
      },
      tree: { values in
        let entries = values.sorted { $0.key < $1.key }.compactMap { key, value in
          element.tree(value).map { YAMLEntry(key: key, value: $0) }
        }
        return entries.isEmpty ? nil : .map(entries, YAMLMark())
      })
  }
}

extension Reader {
  /// The entries of a map with known keys. Nothing written counts as an empty map.
  fileprivate mutating func entries(_ node: YAMLNode, _ path: String, keys: [String]) -> [YAMLEntry]? {
    switch node {
    case .map(let entries, _): return entries
    case .invalid: return nil
    case _ where node.isNull: return []
    default:
      let sample = keys.prefix(3).map { "'\($0): …'" }.joined(separator: ", ")
      note(node.mark, path, "expected keys with values below it: \(sample)\(keys.count > 3 ? ", …" : "").")
      return nil
    }
  }

  /// The well-named entries of a map with free names.
  fileprivate mutating func names(
    _ node: YAMLNode, _ path: String, noun: String, count: Int,
    _ problem: (String) -> String? = Name.problem
  ) -> [YAMLEntry]? {
    if node.isNull { return [] }
    guard case .map(let entries, let mark) = node else {
      if case .invalid = node { return nil }
      note(node.mark, path, "expected a map: the name of each \(noun), ':', and what belongs to it.")
      return nil
    }
    guard entries.count <= count else {
      note(mark, path, "\(entries.count) entries; at most \(count) are allowed.")
      return nil
    }
    return entries.filter { entry in
      guard let problem = problem(entry.key) else { return true }
      note(entry.keyMark, path, problem)
      return false
    }
  }
}

/// What a section demands beyond its single values.
private struct SectionRules<Root: Sendable> {
  let fields: [Field<Root>]
  let alternatives: [Alternatives]

  /// The first broken rule, and the key to point at.
  func problem(_ entries: [YAMLEntry]) -> (mark: YAMLMark?, text: String)? {
    missing(entries) ?? conflict(entries) ?? lonely(entries)
  }

  private func missing(_ entries: [YAMLEntry]) -> (mark: YAMLMark?, text: String)? {
    let unknown = entries.filter { entry in !fields.contains { $0.key == entry.key } }.map(\.key)
    for field in fields where field.isRequired && !entries.contains(where: { $0.key == field.key }) {
      // A typing mistake in the key was told already.
      if Nearest.match(field.key, in: unknown) != nil { continue }
      return (nil, "'\(field.key)' is missing: \(field.summary).")
    }
    for group in alternatives where group.isRequired {
      let isGiven = entries.contains { group.keys.contains($0.key) }
      if isGiven || group.keys.contains(where: { Nearest.match($0, in: unknown) != nil }) { continue }
      return (nil, "one of \(group.keys.joined(separator: ", ")) is missing.")
    }
    return nil
  }

  private func conflict(_ entries: [YAMLEntry]) -> (mark: YAMLMark?, text: String)? {
    for group in alternatives {
      let given = entries.filter { group.keys.contains($0.key) }
      guard given.count > 1 else { continue }
      let names = given.map { "'\($0.key)'" }.joined(separator: " and ")
      return (given[1].keyMark, "\(names) exclude each other. Keep one of them.")
    }
    return nil
  }

  private func lonely(_ entries: [YAMLEntry]) -> (mark: YAMLMark?, text: String)? {
    for field in fields where !field.beside.isEmpty {
      guard let entry = entries.first(where: { $0.key == field.key }) else { continue }
      if entries.contains(where: { field.beside.contains($0.key) }) { continue }
      return (
        entry.keyMark, "'\(field.key)' has a meaning only with \(field.beside.joined(separator: " or "))."
      )
    }
    return nil
  }
}
