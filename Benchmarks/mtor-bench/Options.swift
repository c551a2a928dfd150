// SPDX-License-Identifier: Apache-2.0

/// What the command line asks for.
struct Options: Sendable {
  var rounds = 15
  /// How long idle programs are watched.
  var idleSeconds = 60
  /// Beginnings of the names of cases; all when empty.
  var names: [String] = []
  var output = "build/bench.jsonl"
  var part = Part.benchmark
  /// Once through every case that needs no quiet machine; no goal is judged.
  var isSmoke = false

  /// What this process is: the benchmark, or a helper that it starts.
  enum Part: Sendable {
    case benchmark
    /// Writes docs/limits.md to standard output.
    case limits
    /// Instructions instead of times.
    case instructions
    /// Sets two runs side by side.
    case comparison(String, String)
    /// The program that callgrind looks at.
    case workload(Workload, count: Int)
    /// The program that `idle.loop` watches.
    case idleLoop
    case feed(Studio.Room, device: String)
    case sink(socket: String, share: String)
  }

  static let usage = """
    usage: mtor-bench [--rounds N] [--idle-seconds N] [--output FILE] [--smoke] [--instructions] [NAME…]
           mtor-bench --limits [--output FILE] | --compare FILE FILE
      Measures the cases whose names begin with NAME, all unless given: a table here, and a line of
      JSON per figure appended to FILE (build/bench.jsonl). Exit 1 when a goal is missed.
      --smoke goes through every case once and judges none. --instructions counts instructions by
      callgrind. --compare shows what has changed from one file to the other.
      --limits measures nothing: it prints docs/limits.md from FILE and build/accuracy.md.
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
      case "--limits": part = .limits
      case "--instructions": part = .instructions
      case "--smoke": (isSmoke, rounds, idleSeconds) = (true, 1, 1)
      case "--compare":
        guard let before = rest.popFirst(), let after = rest.popFirst() else { return nil }
        part = .comparison(before, after)
      case "--workload":
        guard let workload = rest.popFirst().flatMap(Workload.named), let count = Self.number(&rest)
        else { return nil }
        part = .workload(workload, count: count)
      case "--idle-loop": part = .idleLoop
      case "--feed":
        guard let room = rest.popFirst().flatMap(Studio.Room.init), let device = rest.popFirst()
        else { return nil }
        part = .feed(room, device: device)
      case "--sink":
        guard let socket = rest.popFirst(), let share = rest.popFirst() else { return nil }
        part = .sink(socket: socket, share: share)
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
