// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Time
import Wyoming

/// Listens for Wyoming clients.
///
/// Each connection is handed to `onConnection`, which sets the stream's handlers and keeps what it
/// needs; the server keeps the stream until it ends.
@LoopActor public final class WyomingServer {
  public struct Limits: Sendable, Equatable {
    /// A client beyond that gets an `error` event (code `busy`) and is closed.
    public var connectionsMax = 16
    public var stream = WyomingStreamLimits()

    public init() { stream.idleTimeout = .seconds(600) }
  }

  /// Where it really listens: port 0 has become a number.
  public nonisolated let endpoint: Endpoint
  public nonisolated let limits: Limits
  /// Why accepting failed; it is tried again after a second.
  public var onError: (@LoopActor (SystemError) -> Void)?

  private let onConnection: @LoopActor (WyomingStream) -> Void
  private var socket: ListeningSocket?
  private var token: WatchToken?
  private var streams: [ObjectIdentifier: WyomingStream] = [:]
  private var loop: EventLoop { LoopActor.shared.loop }

  /// Begins to listen.
  /// - Throws: `SystemError` naming the address: in use, not permitted, …; a TCP host has to be a
  ///   numeric address.
  public init(
    _ endpoint: Endpoint, limits: Limits = Limits(),
    onConnection: @escaping @LoopActor (WyomingStream) -> Void
  ) throws {
    guard let address = SocketAddress(endpoint) else {
      throw SystemError("listen on \(endpoint): give a numeric address, such as 0.0.0.0", errno: 22)
    }
    self.limits = limits
    self.onConnection = onConnection
    // Read where it stays: the optimiser of Swift 6.0.3 breaks off at one that is read and then moved.
    socket = try ListeningSocket.open(address)
    self.endpoint = socket?.endpoint ?? endpoint
    let raw = socket?.descriptor.raw ?? -1
    token = try loop.watch(raw, .read, name: "wyoming server") { _ in self.acceptAll() }
  }

  /// Clients now, with those that are being sent away.
  public var connectionCount: Int { streams.count }

  /// Takes no more clients, sends what is waiting to those there are, and lets them go: at the
  /// latest after `limit`. A Unix socket's file is removed at once.
  public func stop(within limit: Duration = .seconds(2)) {
    if let token { loop.unwatch(token) }
    token = nil
    socket = nil
    for stream in streams.values { stream.finish(within: limit) }
  }

  private func acceptAll() {
    do throws(SystemError) {
      while let client = try socket?.accept() { take(client) }
    } catch {
      onError?(error)
      if let token { loop.pause(token, for: .seconds(1), then: .read) }
    }
  }

  private func take(_ client: consuming FileDescriptor) {
    // As many again are told that we are busy; more than that only find a closed door.
    guard streams.count < 2 * limits.connectionsMax,
      let stream = try? WyomingStream(client, limits: limits.stream)
    else { return }
    let isBusy = streams.count >= limits.connectionsMax
    let id = ObjectIdentifier(stream)
    streams[id] = stream
    stream.onRelease = { [weak self] in self?.streams[id] = nil }
    if isBusy {
      stream.send(.error(text: "busy: at most \(limits.connectionsMax) connections", code: "busy"))
      stream.finish()
    } else {
      onConnection(stream)
    }
  }
}
