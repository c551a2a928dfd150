// SPDX-License-Identifier: Apache-2.0
import Time

/// Worlds of intents and failing workers, one after the other: 10,000 hours unless told otherwise.
struct RealmsCampaign {
  private let options: SimulatorOptions

  init(_ options: SimulatorOptions) { self.options = options }

  /// True when every promise was kept in every world.
  func run() -> Bool {
    var failed = 0
    var intents = 0
    var hours = 0.0
    for seed in options.seeds {
      let world = play(seed)
      intents += world.submitted
      hours += plannedHours(seed)
      let outcomes = world.outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      Console.write("realms: seed \(seed): \(outcomes.joined(separator: ", "))\n")
      if world.violations.isEmpty { continue }
      failed += 1
      for violation in world.violations { Console.write("  \(violation)\n") }
      Console.write("  again: scripts/sim --realms --seed \(seed) --hours \(options.hours)\n")
    }
    let result = failed == 0 ? "every promise was kept" : "\(failed) FAILED"
    let played = (hours * 10).rounded() / 10
    Console.write(
      "realms: \(options.seeds.count) worlds, together \(played) hours, \(intents) intents: \(result)\n")
    return failed == 0
  }

  private func plan(_ seed: UInt64) -> RealmsWorld.Plan {
    RealmsWorld.Plan.all[Int(seed % UInt64(RealmsWorld.Plan.all.count))]
  }

  /// Worlds in which more happens are shorter.
  private func plannedHours(_ seed: UInt64) -> Double { options.hours * plan(seed).share }

  private func play(_ seed: UInt64) -> RealmsWorld {
    var world = RealmsWorld(seed: seed, plan: plan(seed))
    world.run(until: Instant(nanoseconds: UInt64(plannedHours(seed) * 3600e9)))
    world.finish()
    return world
  }
}
