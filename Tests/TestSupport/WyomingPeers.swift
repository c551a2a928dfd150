// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Wyoming
import WyomingTransport

/// A peer that does not speak Wyoming: says the same bytes to everyone, whatever comes.
@LoopActor public final class RawPeer {
  public enum Then: Sendable, Equatable {
    case hold, close
    /// Closes once it has received that many bytes.
    case closeAfter(bytes: Int)
    /// Never reads.
    case deaf
  }

  public let endpoint: Endpoint
  private let socket: ListeningSocket
  private let says: [UInt8]
  private let then: Then
  private var listening: WatchToken?
  private var clients: [Client] = []
  private var loop: EventLoop { LoopActor.shared.loop }

  public init(_ directory: TemporaryDirectory, says: [UInt8], then: Then) throws {
    endpoint = .unix(path: directory.file("raw.sock"))
    socket = try ListeningSocket.open(SocketAddress(endpoint)!)
    self.says = says
    self.then = then
    listening = try loop.watch(socket.descriptor.raw, .read, name: "raw peer") { _ in
      while let client = try? self.socket.accept() { self.take(client) }
    }
  }

  public func stop() {
    if let listening { loop.unwatch(listening) }
    listening = nil
    for client in clients { client.close() }
    clients = []
  }

  private func take(_ descriptor: consuming FileDescriptor) {
    _ = says.withUnsafeBytes { try? descriptor.write($0) }
    let client = Client(descriptor)
    clients.append(client)
    switch then {
    case .close: client.close()
    case .hold: client.read(atMost: .max)
    case .closeAfter(let bytes): client.read(atMost: bytes)
    case .deaf: break
    }
  }

  @LoopActor private final class Client {
    private var descriptor: FileDescriptor?
    private var token: WatchToken?
    private var received = 0
    private let raw: Int32

    init(_ descriptor: consuming FileDescriptor) {
      raw = descriptor.raw
      self.descriptor = consume descriptor
    }

    func read(atMost limit: Int) {
      token = try? LoopActor.shared.loop.watch(raw, .read, name: "raw client") { _ in
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { SocketRead.read(self.raw, $0) }
        self.received += max(0, count)
        if count == 0 || self.received >= limit { self.close() }
      }
    }

    func close() {
      if let token { LoopActor.shared.loop.unwatch(token) }
      token = nil
      descriptor = nil
    }
  }
}

/// A Wyoming service made of our own server and one closure.
@LoopActor public final class ScriptedService {
  public typealias Script = @LoopActor (WyomingStream, WyomingEvent) -> Void

  public let server: WyomingServer
  public private(set) var streams: [WyomingStream] = []
  public private(set) var events: [WyomingEvent] = []
  public private(set) var samples: [Int16] = []
  public var endpoint: Endpoint { server.endpoint }

  public init(
    _ endpoint: Endpoint, offers kinds: [WyomingInfo.Kind], _ script: @escaping Script
  ) throws {
    var connect: (@LoopActor (WyomingStream) -> Void)?
    server = try WyomingServer(endpoint) { connect?($0) }
    connect = { [weak self] stream in self?.serve(stream, kinds, script) }
  }

  private func serve(_ stream: WyomingStream, _ kinds: [WyomingInfo.Kind], _ script: @escaping Script) {
    streams.append(stream)
    stream.onAudio = { [weak self] _, samples in self?.samples.append(contentsOf: samples) }
    stream.onEvent = { [weak self] event in
      if event == .describe {
        let programs = kinds.map { ($0, [WyomingProgram(name: "scripted")]) }
        return stream.send(.info(WyomingInfo(Dictionary(uniqueKeysWithValues: programs))))
      }
      self?.events.append(event)
      script(stream, event)
    }
  }
}

private enum SocketRead {
  static func read(_ socket: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    Glibc.read(socket, buffer.baseAddress, buffer.count)
  }
}
