// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The command line of `mtor-faults`; scripts/faults makes it.
struct Options {
  static let usage = """
    usage: mtor-faults --server FILE --program FILE [--faults N] [--seed S] [--far ADDRESS:PORT --hosts FILE]
        --server FILE     the program of the workers that misbehave
        --program FILE    the same as a program on this machine
        --faults N        so many (10000)
        --seed S          of everything random; a new one is told
        --far, --hosts    the network is ours: a worker behind the link 'cable', and the hosts file
    """

  var server = ""
  var program = ""
  var faults = 10_000
  var seed = UInt64.random(in: 1...1_000_000_000)
  var far: String?
  var hosts: String?

  /// Nil when the command line is not understood.
  init?(_ arguments: some Sequence<String>) {
    var rest = Array(arguments)[...]
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch option {
      case "--server": server = value
      case "--program": program = value
      case "--faults": faults = Int(value) ?? 0
      case "--seed":
        guard let number = UInt64(value) else { return nil }
        seed = number
      case "--far": far = value
      case "--hosts": hosts = value
      default: return nil
      }
    }
    if server.isEmpty || program.isEmpty || faults < 1 || (far == nil) != (hosts == nil) { return nil }
  }
}
