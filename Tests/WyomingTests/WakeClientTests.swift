// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import TestSupport
import Testing
import Time
import Wyoming
import WyomingTransport

@testable import Workers

@Suite struct WakeClientTests {
  let directory = TemporaryDirectory()
  var endpoint: Endpoint { .unix(path: directory.file("wake.sock")) }

  @LoopActor private static func timing() -> WyomingConnection.Timing {
    var timing = WyomingConnection.Timing()
    timing.openTimeout = .milliseconds(200)
    timing.probeInterval = .milliseconds(100)
    timing.backoff = Backoff(first: .milliseconds(2), longest: .milliseconds(10))
    return timing
  }

  @Test func aDetectionIsPlacedInTheMicrophonesStream() async throws {
    try await onLoop { [endpoint] in
      let service = try ScriptedService(endpoint, offers: [.wake]) { stream, event in
        guard case .audioStart = event else { return }
        stream.onAudio = { audio, _ in
          if audio.timestamp == 40 {
            stream.send(.detection(name: "jarvis", timestamp: 30))
            stream.send(.detection(name: "jarvis", timestamp: 4_059_041_492_152))
            stream.send(.detection(name: nil))
          }
        }
      }
      let wake = WakeClient(WyomingService(endpoint), names: ["jarvis"])
      var heard: [WakeDetection] = []
      wake.onDetection = { heard.append($0) }
      wake.start()
      let isConnected = try await Self.poll { wake.connection.state == .connected }
      #expect(isConnected)
      let frame = [Int16](repeating: 0, count: 320)
      for index in 0..<3 {
        frame.withUnsafeBufferPointer { wake.write($0, at: 1_000_000 + Int64(index) * 320) }
      }
      #expect(try await Self.poll { heard.count == 3 })
      #expect(
        heard == [
          WakeDetection(name: "jarvis", position: 1_000_480), WakeDetection(name: "jarvis"),
          WakeDetection(name: nil),
        ])
      #expect(service.events.first == .detect(names: ["jarvis"]))
      wake.stop()
      service.server.stop()
    }
  }

  @Test func aRestartedWorkerIsFoundAgain() async throws {
    try await onLoop { [endpoint] in
      // Patient with itself: other tests may hold the loop.
      var timing = WyomingConnection.Timing()
      timing.backoff = Self.timing().backoff
      let wake = WakeClient(WyomingService(endpoint), timing: timing)
      var states: [String] = []
      wake.connection.onState = { states.append($0.name) }
      wake.start()
      #expect(try await Self.poll { states == ["connecting", "gone"] })
      for _ in 0..<3 {
        let service = try ScriptedService(endpoint, offers: [.wake]) { _, _ in }
        #expect(try await Self.poll { wake.connection.state == .connected })
        let frame = [Int16](repeating: 0, count: 320)
        frame.withUnsafeBufferPointer { wake.write($0, at: 0) }
        #expect(try await Self.poll { service.samples.count == 320 })
        service.server.stop(within: .zero)
        #expect(try await Self.poll { wake.connection.state != .connected })
      }
      wake.stop()
      let rounds = Array(repeating: "connected gone", count: 3).joined(separator: " ")
      #expect(states.joined(separator: " ") == "connecting gone \(rounds) stopped")
    }
  }

  @Test(arguments: [RawPeer.Then.hold, .deaf])
  func aWorkerThatAcceptsButNeverAnswersIsAway(then: RawPeer.Then) async throws {
    try await onLoop { [directory] in
      let peer = try RawPeer(directory, says: [], then: then)
      let connection = WyomingConnection(
        WyomingService(peer.endpoint), for: .wake, timing: Self.timing())
      connection.start()
      #expect(try await Self.poll { connection.state.name == "mute" })
      connection.stop()
      peer.stop()
    }
  }

  @Test func aWorkerThatFallsSilentIsAskedAndThenAway() async throws {
    try await onLoop { [endpoint] in
      let isAlive = Locked(true)
      let service = try ScriptedService(endpoint, offers: [.wake]) { stream, event in
        if case .ping(let text) = event, isAlive.withLock({ $0 }) { stream.send(.pong(text: text)) }
        if case .ping = event, !isAlive.withLock({ $0 }) { stream.pauseReading() }
      }
      let connection = WyomingConnection(WyomingService(endpoint), for: .wake, timing: Self.timing())
      connection.start()
      #expect(
        try await Self.poll { service.events.filter { $0 == .ping() }.count >= 3 })
      #expect(connection.state == .connected)
      isAlive.withLock { $0 = false }
      #expect(try await Self.poll { connection.state.name == "mute" })
      connection.stop()
      service.server.stop()
    }
  }

  @Test func audioForADeafWorkerIsLostAndNotKept() async throws {
    try await onLoop { [directory] in
      let info = #"{"type": "info", "data": {"wake": [{"name": "x"}]}}"# + "\n"
      let peer = try RawPeer(directory, says: Array(info.utf8), then: .deaf)
      let wake = WakeClient(WyomingService(peer.endpoint))
      wake.start()
      #expect(try await Self.poll { wake.connection.state == .connected })
      let frame = [Int16](repeating: 0, count: 320)
      for index in 0..<5000 { frame.withUnsafeBufferPointer { wake.write($0, at: Int64(index) * 320) } }
      let stream = try #require(wake.connection.stream)
      #expect(stream.refusedChunks > 0)
      #expect(stream.backlogBytes <= stream.limits.audioBacklogMaxBytes + 1000)
      wake.stop()
      peer.stop()
    }
  }

  @Test func backoffDoublesWithJitterUpToItsEnd() {
    var random = SeededGenerator(seed: 1)
    var backoff = Backoff()
    for limit in [250, 500, 1000, 2000, 4000, 5000, 5000] {
      let wait = backoff.next(using: &random)
      #expect(wait <= .milliseconds(limit) && wait >= .milliseconds(limit / 2))
    }
    backoff.reset()
    #expect(backoff.next(using: &random) <= .milliseconds(250))
  }

  @LoopActor static func poll(_ condition: @LoopActor () -> Bool) async throws -> Bool {
    let loop = LoopActor.shared.loop
    let deadline = loop.now + .seconds(20)
    while !condition() {
      if loop.now >= deadline { return false }
      try await loop.sleep(for: .milliseconds(1))
    }
    return true
  }
}

extension WyomingConnection.State {
  var name: String {
    switch self {
    case .stopped: "stopped"
    case .connecting: "connecting"
    case .connected: "connected"
    case .away(let error): error.reason.kind
    }
  }
}
