// SPDX-License-Identifier: Apache-2.0
import JSON
import Spelling

/// Reads an expression, the loosest operator first.
struct ExpressionParser {
  private(set) var names: [[String]] = []
  private let bytes: [UInt8]
  private var index = 0
  private var nodes = 0
  private var depth = 0

  init(_ text: String) throws(ExpressionError) {
    bytes = Array(text.utf8)
    if bytes.count > Expression.bytesMax {
      throw ExpressionError(
        line: 1, column: 1, text: "\(bytes.count) bytes; at most \(Expression.bytesMax) are allowed.")
    }
  }

  mutating func whole() throws(ExpressionError) -> ExpressionNode {
    let node = try expression()
    skipSpace()
    if index < bytes.count {
      if bytes[index] == UInt8(ascii: "=") { throw fail("'=' compares nothing. Write '=='.") }
      throw fail("\(here) is not expected here.")
    }
    return node
  }

  // MARK: Operators, by what binds least

  private static let levels: [[ExpressionOperator]] = [
    [.or], [.and], [.equal, .unequal, .atMost, .atLeast, .less, .more, .isIn], [.plus, .minus],
    [.times, .divided, .modulo],
  ]
  /// `not` stands between `and` and the comparisons.
  private static let notLevel = 2

  private mutating func expression(_ level: Int = 0) throws(ExpressionError) -> ExpressionNode {
    if level == Self.levels.count { return try sign() }
    if level == Self.notLevel, takeWord("not") {
      return try nested { (parser) throws(ExpressionError) in .not(try parser.expression(Self.notLevel)) }
    }
    var left = try expression(level + 1)
    while let found = takeOperator(of: level) {
      left = try counted(.binary(found, left, try expression(level + 1)))
    }
    return left
  }

  private mutating func takeOperator(of level: Int) -> ExpressionOperator? {
    skipSpace()
    return Self.levels[level].first { candidate in
      candidate.rawValue.utf8.allSatisfy(Self.isLetter)
        ? takeWord(candidate.rawValue) : take(candidate.rawValue)
    }
  }

  private mutating func sign() throws(ExpressionError) -> ExpressionNode {
    skipSpace()
    if take("-") {
      return try nested { (parser) throws(ExpressionError) in .negative(try parser.sign()) }
    }
    var node = try primary()
    while take("[") {
      let key = try nested { (parser) throws(ExpressionError) in try parser.expression() }
      try expect("]")
      node = try counted(.element(node, key))
    }
    return node
  }

  private mutating func primary() throws(ExpressionError) -> ExpressionNode {
    skipSpace()
    guard index < bytes.count else { throw fail("a value is missing at the end.") }
    switch bytes[index] {
    case UInt8(ascii: "("):
      index += 1
      let node = try nested { (parser) throws(ExpressionError) in try parser.expression() }
      try expect(")")
      return node
    case UInt8(ascii: "["):
      index += 1
      return try counted(.list(try items(until: "]")))
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return try counted(.literal(.string(try quoted())))
    case 0x30...0x39: return try counted(.literal(try number()))
    case let byte where Self.isLetter(byte): return try counted(try named())
    default: throw fail("\(here) is not the beginning of a value.")
    }
  }

  // MARK: Values

  private mutating func named() throws(ExpressionError) -> ExpressionNode {
    let start = index
    let name = word()
    switch name {
    case "true", "on": return .literal(true)
    case "false", "off": return .literal(false)
    case "null": return .literal(.null)
    default: break
    }
    if take("(") {
      guard let function = ExpressionFunction(rawValue: name) else {
        let known = ExpressionFunction.allCases.map(\.rawValue)
        let advice =
          Spelling.nearest(to: name, in: known, limit: 2).map { " Did you mean '\($0)'?" }
          ?? " There are \(known.joined(separator: ", "))."
        throw fail("there is no function '\(name.excerpt())'.\(advice)", at: start)
      }
      let arguments = try items(until: ")")
      if function.arguments.contains(arguments.count) { return .call(function, arguments) }
      throw fail("\(name) takes \(function.usage), not \(arguments.count) values.", at: start)
    }
    var path = [name]
    while index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      let member = word()
      if member.isEmpty { throw fail("a name is missing after '.'.") }
      path.append(member)
    }
    names.append(path)
    return .path(path)
  }

  private mutating func items(until end: String) throws(ExpressionError) -> [ExpressionNode] {
    skipSpace()
    if take(end) { return [] }
    var items: [ExpressionNode] = []
    repeat {
      items.append(try nested { (parser) throws(ExpressionError) in try parser.expression() })
      skipSpace()
    } while take(",")
    try expect(end)
    return items
  }

  private mutating func quoted() throws(ExpressionError) -> String {
    let start = index
    let quote = bytes[index]
    index += 1
    var content: [UInt8] = []
    while index < bytes.count, bytes[index] != quote {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
      content.append(bytes[index])
      index += 1
    }
    if index == bytes.count { throw fail("the text has no end: a quote is missing.", at: start) }
    index += 1
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func number() throws(ExpressionError) -> JSONValue {
    let start = index
    while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
    if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), Self.isDigit(bytes[index + 1]) {
      index += 1
      while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
    }
    if index < bytes.count, Self.isLetter(bytes[index]) {
      throw fail("a number ends with its digits; times are written minutes(5), hours(2).", at: start)
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if let whole = Int64(text) { return .integer(whole) }
    guard let value = Double(text), value.isFinite else { throw fail("no such number.", at: start) }
    return .number(value)
  }

  // MARK: Bytes

  private mutating func skipSpace() {
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
  }

  private mutating func word() -> String {
    let start = index
    while index < bytes.count, Self.isLetter(bytes[index]) || Self.isDigit(bytes[index]) { index += 1 }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[index...].starts(with: text.utf8) else { return false }
    index += text.utf8.count
    return true
  }

  /// A word that does not go on.
  private mutating func takeWord(_ text: String) -> Bool {
    skipSpace()
    let end = index + text.utf8.count
    guard bytes[index...].starts(with: text.utf8) else { return false }
    if end < bytes.count, Self.isLetter(bytes[end]) || Self.isDigit(bytes[end]) { return false }
    index = end
    return true
  }

  private mutating func expect(_ text: String) throws(ExpressionError) {
    skipSpace()
    if !take(text) { throw fail("'\(text)' is missing before \(here).") }
  }

  private mutating func nested(
    _ body: (inout ExpressionParser) throws(ExpressionError) -> ExpressionNode
  ) throws(ExpressionError) -> ExpressionNode {
    depth += 1
    defer { depth -= 1 }
    if depth > Expression.depthMax { throw fail("more than \(Expression.depthMax) levels of brackets.") }
    return try counted(try body(&self))
  }

  private mutating func counted(_ node: ExpressionNode) throws(ExpressionError) -> ExpressionNode {
    nodes += 1
    if nodes > Expression.nodesMax { throw fail("more than \(Expression.nodesMax) parts.") }
    return node
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F || byte == 0x24
  }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// What stands at the index, for people.
  private var here: String {
    guard index < bytes.count else { return "the end" }
    let rest = String(decoding: bytes[index...], as: UTF8.self)
    return "'\(rest.prefix { !$0.isWhitespace }.excerpt(16))'"
  }

  private func fail(_ text: String, at place: Int? = nil) -> ExpressionError {
    let before = bytes[..<(place ?? index)]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return ExpressionError(
      line: before.count { $0 == 0x0A } + 1,
      column: String(decoding: before[lineStart...], as: UTF8.self).count + 1, text: text)
  }
}
