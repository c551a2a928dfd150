// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc

/// An address the kernel can use.
public struct SocketAddress: Sendable {
  private var storage = sockaddr_storage()
  private var length: socklen_t

  /// The address of an endpoint that needs no name lookup; nil when its host is a name.
  public init?(_ endpoint: Endpoint) {
    switch endpoint {
    case .unix(let path): self.init(path: path)
    case .tcp(let host, let port):
      guard case .success(let all) = Self.find(host, port, AI_NUMERICHOST), let first = all.first
      else { return nil }
      self = first
    }
  }

  /// Looks up a host's addresses, best first. Blocks, for many seconds when no name server answers:
  /// call it on a queue for blocking work.
  /// - Throws: `NameLookupError`.
  public static func lookUp(host: String, port: UInt16) throws(NameLookupError) -> [SocketAddress] {
    try find(host, port, AI_ADDRCONFIG).get()
  }

  public var isUnix: Bool { storage.ss_family == sa_family_t(AF_UNIX) }

  /// `127.0.0.1:80`, `[::1]:80` or the path.
  public var endpoint: Endpoint {
    withPointer { address, length in
      if Int32(address.pointee.sa_family) == AF_UNIX {
        return .unix(path: Self.path(address, length))
      }
      var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
      getnameinfo(
        address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
        NI_NUMERICHOST | NI_NUMERICSERV)
      return .tcp(host: Self.string(host), port: UInt16(Self.string(port)) ?? 0)
    }
  }

  /// The address in digits, without brackets; nil for a Unix socket.
  public var numericHost: String? {
    guard case .tcp(let host, _) = endpoint else { return nil }
    return host
  }

  /// The same host at another port; a Unix socket's path stays as it is.
  public func with(port: UInt16) -> SocketAddress {
    if isUnix { return self }
    var address = self
    // IPv4 and IPv6 have the port at the same place.
    withUnsafeMutableBytes(of: &address.storage) {
      $0.storeBytes(of: port.bigEndian, toByteOffset: MemoryLayout<sa_family_t>.size, as: UInt16.self)
    }
    return address
  }

  var family: Int32 { Int32(storage.ss_family) }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafeBytes(of: storage) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), length) }
  }

  /// The address a socket is bound to.
  static func local(of descriptor: Int32) -> SocketAddress {
    var address = SocketAddress(
      storage: sockaddr_storage(), length: socklen_t(MemoryLayout<sockaddr_storage>.size))
    withUnsafeMutableBytes(of: &address.storage) { bytes in
      let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      _ = getsockname(descriptor, pointer, &address.length)
    }
    return address
  }

  private init(storage: sockaddr_storage, length: socklen_t) {
    self.storage = storage
    self.length = length
  }

  private init?(path: String) {
    var unix = sockaddr_un()
    unix.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count <= Endpoint.pathBytesMax else { return nil }
    withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: path.utf8) }
    length = socklen_t(MemoryLayout<sockaddr_un>.size)
    withUnsafeMutableBytes(of: &storage) { target in
      withUnsafeBytes(of: unix) { target.copyMemory(from: $0) }
    }
  }

  private static func path(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String {
    let offset = MemoryLayout<sa_family_t>.size
    let bytes = UnsafeRawBufferPointer(start: address, count: Int(length)).dropFirst(offset)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func find(
    _ host: String, _ port: UInt16, _ flags: Int32
  ) -> Result<[SocketAddress], NameLookupError> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    if code != 0 { return .failure(NameLookupError(host: host, code: code)) }
    defer { freeaddrinfo(list) }
    let entries = sequence(first: list!, next: { $0.pointee.ai_next })
    return .success(
      entries.map { entry in
        var storage = sockaddr_storage()
        memcpy(&storage, entry.pointee.ai_addr, Int(entry.pointee.ai_addrlen))
        return SocketAddress(storage: storage, length: entry.pointee.ai_addrlen)
      })
  }

  private static func string(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A host's name leads to no address.
public struct NameLookupError: Error, Equatable, CustomStringConvertible {
  public let host: String
  let code: Int32

  public var description: String { "look up \(host): \(String(cString: gai_strerror(code)))" }
}
