// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import TestSupport
import Testing

extension EndToEndTests {
  /// What a daemon opens it closes again.
  @Suite struct DescriptorTests {
    private static let uses = 4

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
          for _ in 0..<Self.uses { try await Self.use(node) }
          // One connection or file more or less may be open at either reading; what is left open at each
          // use is there at the end.
          let pid = node.pid
          let isClosed = try await eventually {
            Descriptors.open(of: pid).allSatisfy { $1 < once[$0, default: 0] + Self.uses }
          }
          #expect(isClosed, "descriptors left open: \(once), then \(Descriptors.open(of: pid))")
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
