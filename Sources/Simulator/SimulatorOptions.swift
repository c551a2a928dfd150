// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The command line of `mtor-sim`.
public struct SimulatorOptions: Sendable {
  public static let usage = """
    usage: mtor-sim [--seeds N] [--first S] [--seed S] [--hours H] [--jobs N] [--trace] [--sabotage NAME]
         mtor-sim --realms [--seeds N] [--seed S] [--hours H]
      Plays the whole runtime in simulated time with seeded people, devices, workers and trouble, and
      judges every invariant. Exit 1 when one is broken; the seed is told.
        --seeds N     so many worlds (100)
        --first S     seeds from S on; without it from a new random one, which is told
        --seed S      this one alone
        --hours H     simulated hours of each (12)
        --jobs N      at the same time (as many as there are processors)
        --trace       print every event
        --realms      instead of the whole runtime: intents, queues and failing workers alone,
                      which are played much faster (9 worlds, five or six of
                      them of 2000 hours, the crowded ones of a hundredth of that)
        --sabotage    breaks something on purpose: \(Sabotage.names)
    """

  public var seeds: ClosedRange<UInt64> = 1...100
  public var hours = 12.0
  public var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  public var writesTrace = false
  /// Worlds of `RealmsWorld`.
  public var playsRealms = false
  /// Enough for 10,000 hours whatever the first seed.
  private static let realmsWorlds: UInt64 = 9
  public var sabotage: Sabotage?
  /// This process is a world.
  public var world: UInt64?
  public var directory = ""

  /// Nil when the command line is not understood.
  public init?(_ arguments: some Sequence<String>) {
    var count: UInt64?
    var first: UInt64?
    var rest = Array(arguments)[...]
    while let option = rest.popFirst() {
      if option == "--trace" {
        writesTrace = true
        continue
      }
      if option == "--realms" {
        (playsRealms, hours) = (true, 2000)
        continue
      }
      guard let value = rest.popFirst() else { return nil }
      switch option {
      case "--seeds": count = UInt64(value) ?? 0
      case "--first": first = UInt64(value)
      case "--seed": (first, count) = (UInt64(value), 1)
      case "--hours": hours = Double(value) ?? 0
      case "--jobs": jobs = Int(value) ?? 0
      case "--sabotage": sabotage = Sabotage(rawValue: value)
      case "--world": world = UInt64(value)
      case "--directory": directory = value
      default: return nil
      }
      let isUnderstood =
        switch option {
        case "--first", "--seed": first != nil
        case "--sabotage": sabotage != nil
        case "--world": world != nil
        default: count != 0 && jobs > 0 && hours > 0 && hours <= 10_000
        }
      if !isUnderstood { return nil }
    }
    let begin = first ?? UInt64.random(in: 1...1_000_000_000)
    let (end, overflow) = begin.addingReportingOverflow(
      (count ?? (playsRealms ? Self.realmsWorlds : 100)) - 1)
    if overflow { return nil }
    seeds = begin...end
  }
}
