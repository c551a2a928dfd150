// SPDX-License-Identifier: Apache-2.0
import Fuzz

@testable import ALSA
@testable import mtor

/// Parsers that only a test can reach: a program cannot be linked to the fuzzer.
extension FuzzTarget {
  static let ofPrograms: [FuzzTarget] = [arguments, pcm]

  /// The command line of `mtor`, one argument a line.
  static let arguments = FuzzTarget("arguments") { input in
    let words = String(decoding: input, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    do throws(CommandFailure) {
      guard case .run(let command, let invocation) = try ArgumentParser(commands: Commands.all).parse(words)
      else { return }
      let known = Set(command.options.map(\.name))
      Promise.holds(known.isSuperset(of: invocation.options.keys), "\(invocation) is of \(command.name)")
    } catch {
      Promise.holds(error.code == .usage && !error.text.isEmpty, "\(error) says what is wrong")
    }
  }

  /// A PCM's name.
  static let pcm = FuzzTarget("pcm") { input in
    let name = PCMName(String(decoding: input, as: UTF8.self))
    Promise.holds(!name.candidates.isEmpty, "\(name) can be tried")
    Promise.holds(name.candidates.allSatisfy { $0.utf8.count <= 2 * input.count + 64 }, "\(name) is short")
  }
}
