// SPDX-License-Identifier: Apache-2.0

/// What the command line asks for.
struct Options: Sendable {
  var rounds = 15
  /// How long idle programs are watched.
  var idleSeconds = 10
  /// Beginnings of the names of cases; all when empty.
  var names: [String] = []
  var output = "build/bench.jsonl"
  /// Not a benchmark but the program that `idle.loop` watches.
  var isIdleLoop = false

  static let usage = """
    usage: mtor-bench [--rounds N] [--idle-seconds N] [--output FILE] [NAME…]
      Measures the cases whose names begin with NAME, all unless given: a table here, and a line of
      JSON per figure appended to FILE (build/bench.jsonl). Exit 1 when a goal is missed.
    """

  /// Nil when the command line is not understood.
  init?(_ arguments: some Sequence<String>) {
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--rounds":
        guard let number = Self.number(&rest) else { return nil }
        rounds = number
      case "--idle-seconds":
        guard let number = Self.number(&rest) else { return nil }
        idleSeconds = number
      case "--output":
        guard let path = rest.popFirst() else { return nil }
        output = path
      case "--idle-loop": isIdleLoop = true
      default:
        if argument.hasPrefix("-") { return nil }
        names.append(argument)
      }
    }
  }

  private static func number(_ rest: inout ArraySlice<String>) -> Int? {
    rest.popFirst().flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}
