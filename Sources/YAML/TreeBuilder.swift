// SPDX-License-Identifier: Apache-2.0
import Spelling

/// Events to a tree. Nil from a function means that reading cannot go on; the problem is noted.
struct TreeBuilder: ~Copyable {
  private let events: EventReader
  private let limits: YAMLLimits
  private var nodeCount = 0
  private(set) var problems: [YAMLProblem] = []

  init(_ events: consuming EventReader, limits: YAMLLimits) {
    self.events = events
    self.limits = limits
  }

  mutating func document() -> YAMLNode? {
    var root: YAMLNode?
    while let event = next() {
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return root ?? .map([], YAMLMark())
      case .documentStart:
        guard root == nil else {
          note(event.mark, "a second document begins here ('---'). Keep one document in a file.")
          return nil
        }
      default:
        guard let node = node(event, depth: 1) else { return nil }
        root = node
      }
    }
    return nil
  }

  private mutating func node(_ event: EventReader.Event, depth: Int) -> YAMLNode? {
    nodeCount += 1
    guard isWithinLimits(event, depth: depth) else { return nil }
    if let decoration = event.decoration {
      note(
        event.mark,
        "'\(decoration)': anchors and tags are not used here. Write the value out; quote a text that begins so."
      )
    }
    switch event.kind {
    case .scalar(let text, let isPlain): return .scalar(text, isPlain: isPlain, event.mark)
    case .listStart: return list(event.mark, depth: depth)
    case .mapStart: return map(event.mark, depth: depth)
    case .alias(let name):
      note(event.mark, "'*\(name)': aliases are not used here. Write the value out again.")
      return .invalid(event.mark)
    default: return .invalid(event.mark)
    }
  }

  private mutating func list(_ mark: YAMLMark, depth: Int) -> YAMLNode? {
    var items: [YAMLNode] = []
    while let event = next() {
      if event.kind == .listEnd { return .list(items, mark) }
      guard let item = node(event, depth: depth + 1) else { return nil }
      items.append(item)
    }
    return nil
  }

  private mutating func map(_ mark: YAMLMark, depth: Int) -> YAMLNode? {
    var entries: [YAMLEntry] = []
    var lineOfKey: [String: Int] = [:]
    while let event = next() {
      if event.kind == .mapEnd { return .map(entries, mark) }
      guard let key = node(event, depth: depth + 1), let valueEvent = next(),
        let value = node(valueEvent, depth: depth + 1)
      else { return nil }
      guard case .scalar(let name, _, let keyMark) = key else {
        if case .invalid = key { continue }
        note(key.mark, "a key must be a text, not a list or a map. Quote it if it begins with [ or {.")
        continue
      }
      if let line = lineOfKey.updateValue(keyMark.line, forKey: name) {
        note(keyMark, "'\(name.excerpt(40))' is already given at line \(line). Keep one of them.")
      } else {
        entries.append(YAMLEntry(key: name, keyMark: keyMark, value: value))
      }
    }
    return nil
  }

  private mutating func next() -> EventReader.Event? {
    switch events.next() {
    case .success(let event): return event
    case .failure(let failed):
      let problem = SyntaxAdvice.problem(for: failed.failure) { line in events.line(line) }
      note(problem.mark, problem.text)
      return nil
    }
  }

  private mutating func isWithinLimits(_ event: EventReader.Event, depth: Int) -> Bool {
    if depth > limits.depthMax {
      note(event.mark, "nested deeper than \(limits.depthMax) levels.")
      return false
    }
    if nodeCount > limits.nodesMax {
      note(event.mark, "more than \(limits.nodesMax) values.")
      return false
    }
    if case .scalar(let text, _) = event.kind, text.utf8.count > limits.scalarBytesMax {
      note(event.mark, "a text of \(text.utf8.count) bytes; at most \(limits.scalarBytesMax) are allowed.")
      return false
    }
    return problems.count <= limits.problemsMax
  }

  private mutating func note(_ mark: YAMLMark, _ text: String) {
    guard problems.count <= limits.problemsMax else { return }
    let isLast = problems.count == limits.problemsMax
    problems.append(YAMLProblem(mark: mark, text: isLast ? "too many problems; the rest is not told." : text))
  }
}
