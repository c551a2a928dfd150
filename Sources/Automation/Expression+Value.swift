// SPDX-License-Identifier: Apache-2.0
import JSON

extension ExpressionNode {
  func value(in scope: some ExpressionScope) -> JSONValue {
    switch self {
    case .literal(let value): return value
    case .path(let names):
      return names.dropFirst().reduce(scope.value(of: names[0])) { $0[$1] ?? .null }
    case .element(let whole, let key): return whole.value(in: scope).element(key.value(in: scope))
    case .list(let items): return .array(items.map { $0.value(in: scope) })
    case .not(let node): return .bool(!node.value(in: scope).isTrue)
    case .negative(let node): return JSONValue.minus(0, node.value(in: scope))
    case .binary(.and, let left, let right):
      return .bool(left.value(in: scope).isTrue && right.value(in: scope).isTrue)
    case .binary(.or, let left, let right):
      return .bool(left.value(in: scope).isTrue || right.value(in: scope).isTrue)
    case .binary(let sign, let left, let right):
      return sign.apply(left.value(in: scope), right.value(in: scope)).bounded
    case .call(let function, let arguments):
      return function.apply(arguments.map { $0.value(in: scope) }, scope.time).bounded
    }
  }
}

extension ExpressionOperator {
  func apply(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
    switch self {
    case .and, .or: .bool(self == .and ? left.isTrue && right.isTrue : left.isTrue || right.isTrue)
    case .equal: .bool(left.isSame(as: right))
    case .unequal: .bool(!left.isSame(as: right))
    case .less: .bool(left.order(right) == -1)
    case .more: .bool(left.order(right) == 1)
    case .atMost: .bool(left.order(right).map { $0 <= 0 } ?? false)
    case .atLeast: .bool(left.order(right).map { $0 >= 0 } ?? false)
    case .isIn: .bool(right.holds(left))
    case .plus: JSONValue.plus(left, right)
    case .minus: JSONValue.minus(left, right)
    case .times: JSONValue.compute(left, right, { $0.multipliedReportingOverflow(by: $1) }, *)
    case .divided: JSONValue.divide(left, right)
    case .modulo: JSONValue.modulo(left, right)
    }
  }
}

extension JSONValue {
  /// Numbers by their value, however they are written.
  func isSame(as other: JSONValue) -> Bool {
    if case .integer(let left) = self, case .integer(let right) = other { return left == right }
    if let left = numberValue, let right = other.numberValue { return left == right }
    return self == other
  }

  /// -1, 0, 1; nil for values that have no order. Texts by their characters.
  func order(_ other: JSONValue) -> Int? {
    if case .string(let left) = self, case .string(let right) = other {
      return left == right ? 0 : (left < right ? -1 : 1)
    }
    guard let left = numberValue, let right = other.numberValue else { return nil }
    if case .integer(let left) = self, case .integer(let right) = other {
      return left == right ? 0 : (left < right ? -1 : 1)
    }
    return left == right ? 0 : (left < right ? -1 : 1)
  }

  /// A part of a text, an element of a list, a member of an object.
  func holds(_ item: JSONValue) -> Bool {
    switch self {
    case .string(let text): item.stringValue.map { text[...].place(of: $0) != nil } ?? false
    case .array(let items): items.contains { $0.isSame(as: item) }
    case .object(let object): item.stringValue.map { object[$0] != nil } ?? false
    default: false
    }
  }

  func element(_ key: JSONValue) -> JSONValue {
    if case .string(let name) = key { return self[name] ?? .null }
    guard let items = arrayValue, let index = key.integerValue else { return .null }
    let place = index < 0 ? index + Int64(items.count) : index
    return items.indices.contains(Int(clamping: place)) ? items[Int(place)] : .null
  }

  /// Numbers are added; with a text it is joined.
  static func plus(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
    if left.stringValue != nil || right.stringValue != nil { return .string(left.shown + right.shown) }
    return compute(left, right, { $0.addingReportingOverflow($1) }, +)
  }

  static func minus(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
    compute(left, right, { $0.subtractingReportingOverflow($1) }, -)
  }

  static func divide(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
    if case .integer(let a) = left, case .integer(let b) = right, b != 0, b != -1, a % b == 0 {
      return .integer(a / b)
    }
    return real(left, right, /)
  }

  static func modulo(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
    if case .integer(let a) = left, case .integer(let b) = right {
      return b == 0 ? .null : .integer(b == -1 ? 0 : a % b)
    }
    return real(left, right) { $0.truncatingRemainder(dividingBy: $1) }
  }

  /// Whole numbers stay whole as long as they fit.
  static func compute(
    _ left: JSONValue, _ right: JSONValue,
    _ whole: (Int64, Int64) -> (partialValue: Int64, overflow: Bool), _ real: (Double, Double) -> Double
  ) -> JSONValue {
    if case .integer(let a) = left, case .integer(let b) = right {
      let result = whole(a, b)
      if !result.overflow { return .integer(result.partialValue) }
    }
    return self.real(left, right, real)
  }

  private static func real(
    _ left: JSONValue, _ right: JSONValue, _ body: (Double, Double) -> Double
  ) -> JSONValue {
    guard let a = left.numberValue, let b = right.numberValue else { return .null }
    return finite(body(a, b))
  }

  static func finite(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
}
