// SPDX-License-Identifier: Apache-2.0
import JSON

/// A small language for conditions and templates: literals, names, arithmetic, comparison, `and`, `or`,
/// `not`, `in`, and a table of functions. No loops, no assignment, no effect.
///
/// Every expression that can be read has a value: what cannot be computed (a member that is not there, a
/// division by zero, a text times two) is `null`, and comparing with it is false. The cost is bounded by
/// `nodesMax` steps, each over texts of at most `textBytesMax`.
public struct Expression: Sendable, Equatable, CustomStringConvertible {
  public static let bytesMax = 1024
  public static let nodesMax = 256
  /// Brackets within brackets.
  public static let depthMax = 32
  /// Longer texts are cut.
  public static let textBytesMax = 4096

  public let description: String
  /// The names it looks at, each with its members: `["event", "level"]`.
  public let names: [[String]]
  /// Its value changes as time passes.
  public let readsClock: Bool
  let root: ExpressionNode

  /// - Throws: `ExpressionError` with the place of the first mistake.
  public init(_ text: String) throws(ExpressionError) {
    var parser = try ExpressionParser(text)
    root = try parser.whole()
    names = parser.names
    readsClock = root.readsClock
    description = text
  }

  /// The value in `scope`.
  public func value(in scope: some ExpressionScope) -> JSONValue { root.value(in: scope) }

  /// Whether a condition holds: null, false, 0, and empty texts, lists and objects do not.
  public func holds(in scope: some ExpressionScope) -> Bool { root.value(in: scope).isTrue }
}

/// What an expression can see.
public protocol ExpressionScope {
  /// What the first name of a path stands for; `null` when there is nothing.
  func value(of name: String) -> JSONValue
  var time: CivilTime { get }
}

/// Where and why a text is no expression. Both counts begin at 1.
public struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  public var line: Int
  public var column: Int
  public var text: String

  public var description: String {
    line == 1 ? "column \(column): \(text)" : "line \(line), column \(column): \(text)"
  }
}

indirect enum ExpressionNode: Sendable, Equatable {
  case literal(JSONValue)
  /// A name and its members.
  case path([String])
  case element(ExpressionNode, ExpressionNode)
  case list([ExpressionNode])
  case not(ExpressionNode)
  case negative(ExpressionNode)
  case binary(ExpressionOperator, ExpressionNode, ExpressionNode)
  case call(ExpressionFunction, [ExpressionNode])

  var readsClock: Bool {
    switch self {
    case .literal, .path: false
    case .not(let node), .negative(let node): node.readsClock
    case .element(let left, let right), .binary(_, let left, let right): left.readsClock || right.readsClock
    case .list(let nodes): nodes.contains(where: \.readsClock)
    case .call(let function, let nodes): function.readsClock || nodes.contains(where: \.readsClock)
    }
  }
}

enum ExpressionOperator: String, Sendable, CaseIterable {
  case or, and
  case equal = "==", unequal = "!=", atMost = "<=", atLeast = ">=", less = "<", more = ">", isIn = "in"
  case plus = "+", minus = "-", times = "*", divided = "/", modulo = "%"
}

extension JSONValue {
  /// As a condition.
  public var isTrue: Bool {
    switch self {
    case .null: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let value): !value.isEmpty
    case .array(let value): !value.isEmpty
    case .object(let value): !value.isEmpty
    }
  }

  /// As a template shows it: texts as they are, `on` and `off`, nothing for null.
  public var shown: String {
    switch self {
    case .null: return ""
    case .bool(let value): return value ? "on" : "off"
    case .string(let value): return value
    case .number(let value):
      return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    case .integer(let value): return "\(value)"
    case .array, .object: return (try? JSONText.string(self)) ?? ""
    }
  }

  /// Cut to what an expression may hold.
  var bounded: JSONValue {
    guard case .string(let text) = self, text.utf8.count > Expression.textBytesMax else { return self }
    return .string(text.cut(to: Expression.textBytesMax))
  }
}

extension String {
  /// The beginning that has at most so many bytes and ends with a whole character.
  func cut(to bytesMax: Int) -> String {
    if utf8.count <= bytesMax { return self }
    var end = utf8.index(startIndex, offsetBy: bytesMax)
    while end > startIndex, end.samePosition(in: self) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}

extension Substring {
  /// Where another text is first found, byte by byte; an empty one is found at the beginning.
  func place(of other: String) -> Range<Index>? {
    let wanted = Array(other.utf8)
    let bytes = Array(utf8)
    guard wanted.count <= bytes.count else { return nil }
    for start in 0...(bytes.count - wanted.count) where bytes[start...].starts(with: wanted) {
      let lower = utf8.index(startIndex, offsetBy: start)
      return lower..<utf8.index(lower, offsetBy: wanted.count)
    }
    return nil
  }
}
