// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import TestSupport
import Testing
import Time
import Wyoming
import WyomingTransport

@Suite struct WyomingServerTests {
  let directory = TemporaryDirectory()
  var endpoint: Endpoint { .unix(path: directory.file("server.sock")) }

  @Test func aClientTooManyIsToldAndTheNextOneServed() async throws {
    try await onLoop { [endpoint] in
      var limits = WyomingServer.Limits()
      limits.connectionsMax = 1
      let server = try WyomingServer(endpoint, limits: limits) { stream in
        stream.onEvent = { if case .ping(let text) = $0 { stream.send(.pong(text: text)) } }
      }
      let first = try Caller(endpoint)
      first.stream.send(.ping(text: "1"))
      #expect(try await WakeClientTests.poll { first.events == [.pong(text: "1")] })
      let second = try Caller(endpoint)
      #expect(try await WakeClientTests.poll { second.closing == .peerClosed })
      #expect(second.events == [.error(text: "busy: at most 1 connections", code: "busy")])
      first.stream.close()
      #expect(try await WakeClientTests.poll { server.connectionCount == 0 })
      let third = try Caller(endpoint)
      third.stream.send(.ping())
      #expect(try await WakeClientTests.poll { third.events == [.pong()] })
      server.stop()
      #expect(try await WakeClientTests.poll { third.closing == .peerClosed })
      #expect(throws: SystemError.self) { try Caller(endpoint) }
    }
  }

  @Test func anIdleOrMalformedClientIsLetGo() async throws {
    try await onLoop { [endpoint] in
      var limits = WyomingServer.Limits()
      limits.stream.idleTimeout = .seconds(2)
      var closings: [WyomingClosing] = []
      let server = try WyomingServer(endpoint, limits: limits) { stream in
        stream.onClose = { closings.append($0) }
      }
      let idle = try Caller(endpoint)
      #expect(try await WakeClientTests.poll { idle.closing == .peerClosed && closings == [.idle] })
      let raw = try Socket.connect(to: SocketAddress(endpoint)!)
      _ = try Array("[]\n".utf8).withUnsafeBytes { try raw.write($0) }
      #expect(try await WakeClientTests.poll { closings.count == 2 })
      guard case .malformed = closings.last else {
        Issue.record("\(closings)")
        return
      }
      server.stop()
    }
  }

  @Test func samplesOfAnotherWidthAreNotUnderstood() async throws {
    try await onLoop { [endpoint] in
      var closings: [WyomingClosing] = []
      let server = try WyomingServer(endpoint) { stream in stream.onClose = { closings.append($0) } }
      let raw = try Socket.connect(to: SocketAddress(endpoint)!)
      let chunk =
        #"{"type": "audio-chunk", "data": {"rate": 16000, "width": 1, "channels": 1}, "payload_length": 2}"#
      _ = try Array("\(chunk)\nab".utf8).withUnsafeBytes { try raw.write($0) }
      #expect(try await WakeClientTests.poll { !closings.isEmpty })
      let text = "samples of 1 bytes, only 2 are understood"
      #expect(closings == [.malformed(.dataMalformed(type: "audio-chunk", text))])
      server.stop()
    }
  }

  @Test func aListeningAddressHasToBeFreeAndNumeric() async throws {
    try await onLoop { [endpoint] in
      let server = try WyomingServer(endpoint) { _ in }
      #expect(throws: SystemError.self) { try WyomingServer(endpoint) { _ in } }
      #expect(throws: SystemError.self) {
        try WyomingServer(.tcp(host: "localhost.invalid", port: 0)) { _ in }
      }
      server.stop()
    }
  }

  @Test func aLongChunkComesInPiecesOfWholeFrames() async throws {
    try await onLoop {
      let pair = try Socket.pair()
      let (sender, receiver) = (try WyomingStream(pair.first), try WyomingStream(pair.second))
      var pieces: [Int] = []
      receiver.onAudio = { pieces.append($1.count) }
      let audio = WyomingAudio(WyomingAudioFormat(rateHz: 48_000, channels: 6))
      [Int16](repeating: 1, count: 6 * 2000).withUnsafeBufferPointer { _ = sender.sendAudio(audio, $0) }
      #expect(try await WakeClientTests.poll { pieces.reduce(0, +) == 12_000 })
      #expect(pieces.count > 1 && pieces.allSatisfy { $0 % 6 == 0 })
      sender.close()
      receiver.close()
    }
  }

  @Test func audioIsSentWithoutAnAllocation() async throws {
    let pair = try await onLoop { try StreamPair() }
    let count = try await Instruments.allocations { pair.send(10) }
    #expect(count == 0)
    #expect(try await eventually { pair.received > 0 && pair.received == pair.sent })
    try await onLoop { pair.close() }
  }

  /// A plain client.
  @LoopActor final class Caller {
    let stream: WyomingStream
    private(set) var events: [WyomingEvent] = []
    private(set) var closing: WyomingClosing?

    init(_ endpoint: Endpoint) throws {
      stream = try WyomingStream(try Socket.connect(to: SocketAddress(endpoint)!))
      stream.onEvent = { [unowned self] in events.append($0) }
      stream.onClose = { [unowned self] in closing = $0 }
    }
  }

  @LoopActor final class StreamPair {
    private let sender: WyomingStream
    private let receiver: WyomingStream
    private let frame = [Int16](repeating: 3, count: 320)
    private(set) var sent = 0
    private(set) var received = 0

    init() throws {
      let pair = try Socket.pair()
      sender = try WyomingStream(pair.first)
      receiver = try WyomingStream(pair.second)
      receiver.onAudio = { [unowned self] _, samples in received += samples.count }
    }

    func send(_ chunks: Int) {
      for index in 0..<chunks {
        let audio = WyomingAudio(.speech, timestamp: Int64(index) * 20)
        if frame.withUnsafeBufferPointer({ sender.sendAudio(audio, $0) }) { sent += 320 }
      }
    }

    func close() {
      sender.close()
      receiver.close()
    }
  }
}
