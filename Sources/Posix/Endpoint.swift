// SPDX-License-Identifier: Apache-2.0

/// Where a service listens, as people write it: `tcp://HOST:PORT` or `unix:///PATH`.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// `host` is a name or a numeric address, IPv6 without its brackets.
  case tcp(host: String, port: UInt16)
  case unix(path: String)

  /// Bytes of a Unix socket's path at most: `sun_path` less its end.
  public static let pathBytesMax = 107

  /// - Throws: `EndpointError`, whose text says what is wrong and what is right.
  public init(_ text: String) throws(EndpointError) {
    if text.hasPrefix("unix://") {
      self = try .unix(path: Self.path(text.dropFirst(7), in: text))
    } else if text.hasPrefix("tcp://") {
      self = try Self.tcp(text.dropFirst(6), in: text)
    } else {
      throw EndpointError(text, "has no scheme this program knows")
    }
  }

  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    case .unix(let path): "unix://\(path)"
    }
  }

  private static func path(_ path: Substring, in text: String) throws(EndpointError) -> String {
    if !path.hasPrefix("/") || path.hasSuffix("/") {
      throw EndpointError(text, "has no absolute path of a socket")
    }
    if path.utf8.count > pathBytesMax {
      throw EndpointError(text, "has a path of more than \(pathBytesMax) bytes")
    }
    if path.utf8.contains(0) { throw EndpointError(text, "has a path with a zero byte") }
    return String(path)
  }

  private static func tcp(_ rest: Substring, in text: String) throws(EndpointError) -> Endpoint {
    guard let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") else {
      throw EndpointError(text, "has no port")
    }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw EndpointError(text, "has an IPv6 address without brackets")
    }
    if host.isEmpty || !host.utf8.allSatisfy(isHostByte) { throw EndpointError(text, "has no valid host") }
    let digits = rest[rest.index(after: colon)...]
    guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits) else {
      throw EndpointError(text, "has a port that is not a number up to 65535")
    }
    return .tcp(host: String(host), port: port)
  }

  /// Letters, digits and `-._:%`: names, numeric addresses, an IPv6 zone.
  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...58, 65...90, 97...122, 37, 45, 46, 95: true
    default: false
    }
  }
}

/// A text that names no endpoint.
public struct EndpointError: Error, Equatable, CustomStringConvertible {
  public let text: String
  public let problem: String

  init(_ text: String, _ problem: String) {
    self.text = text
    self.problem = problem
  }

  public var description: String {
    "'\(text)' \(problem): write tcp://HOST:PORT or unix:///PATH"
  }
}
