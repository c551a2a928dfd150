// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Glibc
import Loop

/// What work costs beside time: allocations of the loop's thread; how often threads of this process slept
/// and woke up; how often one was interrupted for another process.
struct Cost: Sendable {
  var allocations = 0.0
  var wakeUps = 0.0
  var preemptions = 0.0

  /// Adds what `round` costs.
  @LoopActor mutating func measure(_ round: Case.Round) async throws -> Double {
    let (before, allocated) = (Self.usage, ci_thread_allocations())
    let value = try await round()
    let after = Self.usage
    allocations += Double(ci_thread_allocations() - allocated)
    wakeUps += Double(after.ru_nvcsw - before.ru_nvcsw)
    preemptions += Double(after.ru_nivcsw - before.ru_nivcsw)
    return value
  }

  func per(_ operations: Int) -> Cost {
    let count = Double(max(1, operations))
    return Cost(
      allocations: allocations / count, wakeUps: wakeUps / count, preemptions: preemptions / count)
  }

  private static var usage: rusage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage
  }
}
