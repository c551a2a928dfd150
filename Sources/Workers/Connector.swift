// SPDX-License-Identifier: Apache-2.0
import Loop
import Posix
import Time
import WyomingTransport

/// Opens connections without ever holding the loop.
@LoopActor enum Connector {
  /// Tries each address of the endpoint, each with an equal share of the time that is left.
  /// - Throws: `SystemError`, `NameLookupError`, `QueueFull`, `DeadlineExceeded`,
  ///   `CancellationError`; of several addresses the last one's.
  static func connect(
    to endpoint: Endpoint, until deadline: Instant, limits: WyomingStreamLimits
  ) async throws -> WyomingStream {
    var addresses = try await addresses(of: endpoint, until: deadline)[...]
    while true {
      let address = addresses.removeFirst()
      let now = LoopActor.shared.loop.now
      let share = (deadline - now) / (addresses.count + 1)
      do {
        return try await connect(to: address, until: now + share, limits)
      } catch {
        guard addresses.isEmpty || error is CancellationError else { continue }
        if case .tcp(let host, _) = endpoint { NameCache.shared.doubt(host) }
        throw error
      }
    }
  }

  /// At least one.
  private static func addresses(
    of endpoint: Endpoint, until deadline: Instant
  ) async throws -> [SocketAddress] {
    if let address = SocketAddress(endpoint) { return [address] }
    switch endpoint {
    case .unix(let path): return [try SocketAddress.unix(path)]
    case .tcp(let host, let port):
      return try await NameCache.shared.addresses(of: host, port: port, until: deadline)
    }
  }

  private static func connect(
    to address: SocketAddress, until deadline: Instant, _ limits: WyomingStreamLimits
  ) async throws -> WyomingStream {
    let loop = LoopActor.shared.loop
    let descriptor = try Socket.connect(to: address)
    let raw = descriptor.raw
    var token: WatchToken?
    defer { if let token { loop.unwatch(token) } }
    try await loop.wait(on: "connect to \(address.endpoint)", until: deadline) {
      (waiter: Waiter<Void>) in
      do throws(SystemError) {
        token = try loop.watch(raw, .write, name: "connect") { _ in waiter.resume(returning: ()) }
      } catch { waiter.resume(throwing: error) }
    }
    if let token { loop.unwatch(token) }
    token = nil
    try Socket.connectResult(descriptor, to: address)
    return try WyomingStream(descriptor, limits: limits)
  }
}
