// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Posix
import Synchronization
import TestSupport
import Testing
import Time

/// The resolver is a closure here; SocketAddress.lookUp, the real one, has its own test.
@Suite struct NameCacheTests {
  /// A resolver that answers what it is told, and hangs for names that begin with "silent".
  final class Resolver: Sendable {
    let calls = Atomic<Int>(0)
    let address = Locked("127.0.0.1")
    private let release = Locked(false)

    func find(_ host: String) throws(NameLookupError) -> [SocketAddress] {
      calls.add(1, ordering: .relaxed)
      while host.hasPrefix("silent"), !release.withLock({ $0 }) { nap() }
      let address = address.withLock { $0 }
      return try SocketAddress.lookUp(host: host == "no..name" ? host : address, port: 0)
    }

    func letGo() { release.withLock { $0 = true } }
  }

  @LoopActor static func cache(
    _ resolver: Resolver, _ change: (inout NameCache.Limits) -> Void = { _ in }
  ) -> NameCache {
    var limits = NameCache.Limits()
    change(&limits)
    return NameCache(limits: limits) { (host) throws(NameLookupError) in try resolver.find(host) }
  }

  @LoopActor static func find(
    _ cache: NameCache, _ host: String, within limit: Duration = .seconds(20)
  ) async throws -> String? {
    let deadline = LoopActor.shared.loop.now + limit
    return try await cache.addresses(of: host, port: 80, until: deadline).first?.numericHost
  }

  @Test func oneLookUpServesAllWhoAskAndIsRemembered() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let cache = Self.cache(resolver)
      #expect(cache.known("worker", port: 80) == nil)
      let tasks = (0..<5).map { _ in LoopActor.spawn("ask") { try await Self.find(cache, "worker") } }
      for task in tasks {
        let found = try await task.value
        #expect(found == "127.0.0.1")
      }
      #expect(cache.known("worker", port: 8080)?.map(\.endpoint) == [.tcp(host: "127.0.0.1", port: 8080)])
    }
    #expect(resolver.calls.load(ordering: .relaxed) == 1)
  }

  @Test func aNumericAddressIsNeverLookedUp() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let found = try await Self.find(Self.cache(resolver), "::1")
      #expect(found == "::1")
    }
    #expect(resolver.calls.load(ordering: .relaxed) == 0)
  }

  @Test func aSilentResolverDelaysOnlyWhoAsksForThatHost() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let cache = Self.cache(resolver)
      let silent = LoopActor.spawn("ask") { try await Self.find(cache, "silent", within: .milliseconds(50)) }
      #expect(try await Self.find(cache, "worker") == "127.0.0.1")
      let error = await thrown(DeadlineExceeded.self) { try await silent.value }
      #expect(error?.what == "look up silent")
      resolver.letGo()
    }
  }

  @Test func anUnknownHostIsAnErrorEachTime() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let cache = Self.cache(resolver)
      for _ in 0..<2 {
        let error = await thrown(NameLookupError.self) { try await Self.find(cache, "no..name") }
        #expect(error?.host == "no..name")
      }
    }
    #expect(resolver.calls.load(ordering: .relaxed) == 2)
  }

  @Test func anAddressThatChangesIsFoundAfterADoubt() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let cache = Self.cache(resolver)
      #expect(try await Self.find(cache, "worker") == "127.0.0.1")
      resolver.address.withLock { $0 = "127.0.0.2" }
      #expect(try await Self.find(cache, "worker") == "127.0.0.1")
      cache.doubt("worker")
      #expect(cache.known("worker", port: 80) == nil)
      #expect(try await Self.find(cache, "worker") == "127.0.0.2")
    }
  }

  @Test func anOldAddressIsUsedWhileItIsLookedUpAgain() async throws {
    let resolver = Resolver()
    let cache = try await onLoop { () async throws in
      let cache = Self.cache(resolver) { $0.freshFor = .zero }
      #expect(try await Self.find(cache, "worker") == "127.0.0.1")
      resolver.address.withLock { $0 = "127.0.0.2" }
      #expect(cache.known("worker", port: 80)?.first?.numericHost == "127.0.0.1")
      return cache
    }
    #expect(try await eventually { cache.known("worker", port: 80)?.first?.numericHost == "127.0.0.2" })
  }

  @Test func aDoubtedHostKeepsItsAddressWhenTheResolverFails() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let cache = Self.cache(resolver)
      #expect(try await Self.find(cache, "worker") == "127.0.0.1")
      resolver.address.withLock { $0 = "no..name" }
      cache.doubt("worker")
      #expect(try await Self.find(cache, "worker") == "127.0.0.1")
    }
  }

  @Test func theHostUnusedLongestIsForgottenAndHangingOnesAreBounded() async throws {
    let resolver = Resolver()
    try await onLoop { () async throws in
      let cache = Self.cache(resolver) { $0.hostsMax = 2 }
      for host in ["one", "two", "three"] { #expect(try await Self.find(cache, host) != nil) }
      #expect(cache.known("one", port: 80) == nil)
      #expect(cache.known("three", port: 80) != nil)
      for host in ["silent 1", "silent 2"] {
        _ = await thrown(DeadlineExceeded.self) {
          try await Self.find(cache, host, within: .milliseconds(10))
        }
      }
      let error = await thrown(QueueFull.self) { try await Self.find(cache, "four") }
      #expect(error?.backlogMax == 2)
      resolver.letGo()
    }
  }
}

private func nap() { _ = poll(nil, 0, 1) }
