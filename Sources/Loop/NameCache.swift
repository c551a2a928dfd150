// SPDX-License-Identifier: Apache-2.0
import Posix
import Time

/// Addresses of hosts, looked up off the loop and remembered for a while.
///
/// A resolver that does not answer holds up nobody but who asks for that host, and only for a host
/// that was never found: an address that is known is used while it is being looked up again.
@LoopActor public final class NameCache {
  public struct Limits: Sendable {
    /// Hosts remembered; the one unused longest goes first.
    public var hostsMax = 64
    /// An address younger than this is used without another look-up.
    public var freshFor = Duration.seconds(60)
    /// An older one is used, and looked up again meanwhile, up to this age.
    public var usableFor = Duration.seconds(3600)

    public init() {}
  }

  /// For all workers of this process.
  public static let shared = NameCache()

  public let limits: Limits
  public private(set) var lookUpCount: UInt64 = 0
  private var hosts: [String: Host] = [:]
  private let find: @Sendable (String) throws(NameLookupError) -> [SocketAddress]
  private var loop: EventLoop { LoopActor.shared.loop }

  private final class Host {
    /// A queue each: a look-up that hangs for the resolver's ten seconds delays no other host.
    let queue: BlockingQueue
    var addresses: [SocketAddress] = []
    var found: Instant?
    var isInDoubt = false
    var used: Instant
    var waiters: [Waiter<[SocketAddress]>] = []
    var isLookingUp = false

    init(_ name: String, _ now: Instant) {
      // Room for the next one while the end of the last is being told.
      queue = BlockingQueue("name look-up \(name)", backlogMax: 2)
      used = now
    }
  }

  /// - Parameter find: blocks; by default the system's resolver.
  public init(
    limits: Limits = Limits(),
    find: @escaping @Sendable (String) throws(NameLookupError) -> [SocketAddress] = {
      (host) throws(NameLookupError) in try SocketAddress.lookUp(host: host, port: 0)
    }
  ) {
    self.limits = limits
    self.find = find
  }

  /// What is known of a host now: at once for a numeric address and a fresh name, else nil.
  public func known(_ host: String, port: UInt16) -> [SocketAddress]? {
    if let address = SocketAddress(.tcp(host: host, port: port)) { return [address] }
    let now = loop.now
    guard let entry = hosts[host], let found = entry.found, !entry.isInDoubt,
      now - found <= limits.usableFor
    else { return nil }
    entry.used = now
    if now - found > limits.freshFor { lookUp(host, entry) }
    return entry.addresses.map { $0.with(port: port) }
  }

  /// A host's addresses, best first; never empty.
  /// - Throws: `NameLookupError`; `QueueFull` when too many look-ups hang; `DeadlineExceeded`;
  ///   `CancellationError`. A host in doubt that cannot be looked up keeps its last addresses.
  public func addresses(
    of host: String, port: UInt16, until deadline: Instant
  ) async throws -> [SocketAddress] {
    if let known = known(host, port: port) { return known }
    let entry = try entry(host)
    do {
      let found = try await loop.wait(on: "look up \(host)", until: deadline) {
        (waiter: Waiter<[SocketAddress]>) in
        entry.waiters.removeAll { !$0.isWaiting }
        entry.waiters.append(waiter)
        lookUp(host, entry)
      }
      return found.map { $0.with(port: port) }
    } catch {
      guard !(error is CancellationError), let found = entry.found, loop.now - found <= limits.usableFor
      else { throw error }
      return entry.addresses.map { $0.with(port: port) }
    }
  }

  /// Nobody answered at the known addresses: the next use looks the host up first.
  public func doubt(_ host: String) { hosts[host]?.isInDoubt = true }

  private func entry(_ host: String) throws(QueueFull) -> Host {
    if let entry = hosts[host] { return entry }
    if hosts.count >= limits.hostsMax {
      let idle = hosts.filter { !$0.value.isLookingUp }
      guard let oldest = idle.min(by: { $0.value.used < $1.value.used }) else {
        throw QueueFull(queue: "name look-up", backlogMax: limits.hostsMax)
      }
      hosts[oldest.key] = nil
    }
    let entry = Host(host, loop.now)
    hosts[host] = entry
    return entry
  }

  private func lookUp(_ host: String, _ entry: Host) {
    if entry.isLookingUp { return }
    entry.isLookingUp = true
    lookUpCount &+= 1
    let (find, loop) = (find, loop)
    do throws(QueueFull) {
      try entry.queue.submit {
        let result = Result { () throws(NameLookupError) in try find(host) }
        loop.execute { self.conclude(host, result) }
      }
    } catch { preconditionFailure("one look-up at a time: \(error)") }
  }

  private func conclude(_ host: String, _ result: Result<[SocketAddress], NameLookupError>) {
    guard let entry = hosts[host] else { return }
    entry.isLookingUp = false
    if case .success(let addresses) = result {
      (entry.addresses, entry.found, entry.isInDoubt) = (addresses, loop.now, false)
    }
    let waiters = entry.waiters
    entry.waiters = []
    for waiter in waiters {
      switch result {
      case .success(let addresses): waiter.resume(returning: addresses)
      case .failure(let error): waiter.resume(throwing: error)
      }
    }
  }
}
