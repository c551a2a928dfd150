// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import TestSupport
import Testing

extension EndToEndTests {
  /// What a daemon opens it closes again.
  @Suite struct DescriptorTests {
    @Test func callersReloadsAndWorkersThatEndLeaveNoDescriptorOpen() async throws {
      try await onLoop {
        let settings = """
          microphone: {device: "off"}
          workers: {speech: {command: [sleep, "1000"]}}

          """
        try await Node.run(settings + EndToEndTests.house) { node in
          try await Self.use(node)
          let once = Descriptors.open(of: node.pid)
          #expect(once.values.reduce(0, +) > 5)
          for _ in 0..<4 { try await Self.use(node) }
          let now = Descriptors.open(of: node.pid)
          #expect(now == once, "descriptors left open, by what they lead to")
        }
      }
    }

    /// One of everything that opens something for a while.
    @LoopActor private static func use(_ node: Node) async throws {
      #expect(try await node.mtor("gpio", "set", "lamp", "toggle").code == 0)
      #expect(try await node.mtor("ask", "sing a song").code == 1)
      node.signal(SIGHUP)
      try await node.find("read again")
      let worker = try #require(try await node.report().workers.first?.pid)
      kill(Int32(worker), SIGKILL)
      try await node.report { $0.workers.first?.pid.map { $0 != worker } ?? false }
    }
  }
}
