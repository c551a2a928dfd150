// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Time

/// Random users and failing workers for hours of virtual time: what `Realms` promises holds all along.
@Suite struct SimulationTests {
  static let plans: [RealmsWorld.Plan] = [
    RealmsWorld.Plan(),
    RealmsWorld.Plan(hasBackups: false, asksForModels: false),
    RealmsWorld.Plan(hasBackups: false, asksForModels: false, hasFaults: false, crowdOneIn: 10),
    RealmsWorld.Plan(gap: .milliseconds(300), crowdOneIn: 500),
    RealmsWorld.Plan(hasBackups: false, asksForModels: false, gap: .milliseconds(150), crowdOneIn: 500),
  ]

  @Test(arguments: plans.indices) func everyPromiseIsKept(_ plan: Int) {
    var random = Seed.generator("everyPromiseIsKept \(plan)")
    for _ in 0..<2 {
      let seed = random.next()
      var world = RealmsWorld(seed: seed, plan: Self.plans[plan])
      let minutes: UInt64 = Self.plans[plan].gap < .seconds(1) ? 2 : 120
      world.run(until: Instant(milliseconds: minutes * 60_000))
      world.finish()
      #expect(world.violations == [], "world \(seed) of plan \(plan)")
      #expect(world.submitted == world.settled)
      #expect(world.outcomes["completed", default: 0] > world.submitted / 4)
    }
  }
}
