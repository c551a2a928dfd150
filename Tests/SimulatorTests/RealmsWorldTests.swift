// SPDX-License-Identifier: Apache-2.0
import Simulator
import TestSupport
import Testing
import Time

/// Random users and failing workers for hours of virtual time; `make sim` plays many more.
@Suite struct RealmsWorldTests {
  @Test(arguments: RealmsWorld.Plan.all.indices) func everyPromiseOfRealmsIsKept(_ index: Int) {
    var random = Seed.generator("everyPromiseOfRealmsIsKept(\(index))")
    let plan = RealmsWorld.Plan.all[index]
    var world = RealmsWorld(seed: random.next(), plan: plan)
    world.run(until: Instant(nanoseconds: UInt64(4 * max(plan.share, 0.01) * 3600e9)))
    world.finish()
    #expect(world.violations == [])
    #expect(world.submitted > 0 && world.submitted == world.settled)
  }

  @Test func aSeedPlaysTheSameEachTime() {
    let worlds = (0..<2).map { _ in
      var world = RealmsWorld(seed: 7, plan: RealmsWorld.Plan.all[0])
      world.run(until: Instant(nanoseconds: 7_200_000_000_000))
      return world
    }
    #expect(worlds[0].outcomes == worlds[1].outcomes)
    #expect(worlds[0].journal == worlds[1].journal)
  }
}
