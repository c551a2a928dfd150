// SPDX-License-Identifier: Apache-2.0
import Loop
import TestSupport
import Testing

@Suite struct TestSupportTests {
  @Test func flowsStayOnTheLoopAndATaskBesideItIsCaught() async throws {
    let clean = try await Instruments.poolJobs {
      let loop = LoopActor.shared.loop
      try await loop.sleep(for: .milliseconds(1))
      let answer: Int = try await loop.wait(on: "a post") { waiter in
        loop.post { waiter.resume(returning: 1) }
      }
      let child = LoopActor.spawn("child") { answer + 1 }
      _ = try await child.value
    }
    #expect(clean == 0)

    let astray = try await Instruments.poolJobs {
      let loop = LoopActor.shared.loop
      let done: Void = try await loop.wait(on: "a plain task") { waiter in
        Task { @LoopActor in
          await Task.yield()
          waiter.resume(returning: ())
        }
      }
      return done
    }
    #expect(astray > 0, "a task without the loop as its preference must be seen")
  }

  @Test func allocationsOfTheLoopAreCounted() async throws {
    let none = try await Instruments.allocations { _ = LoopActor.shared.loop.now }
    let some = try await Instruments.allocations { _ = [UInt8](repeating: 1, count: 1000).count }
    #expect(none == 0)
    #expect(some > 0 || !Instruments.allocationsAreCounted)
  }
}
