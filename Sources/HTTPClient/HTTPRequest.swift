// SPDX-License-Identifier: Apache-2.0

/// What to ask of an HTTP server, and how much of an answer is taken.
public struct HTTPRequest: Sendable, Equatable {
  public var method: String
  public var url: HTTPURL
  /// In the order they are sent. Values may be secrets: nothing here is ever logged.
  public var fields: [HTTPField]
  /// Sent with its length; nil sends none.
  public var body: [UInt8]?
  /// For the TCP connection and the TLS handshake together.
  public var connectTimeout = Duration.seconds(1)
  /// Bytes of the response's body at most; more fail it.
  public var responseMaxBytes = 16 << 20
  public var trust = HTTPTrust()
  /// `http://HOST:PORT` or `socks5h://HOST:PORT`; nil connects directly, whatever the environment says.
  public var proxy: String?

  public init(
    _ url: HTTPURL, method: String = "GET", fields: [HTTPField] = [], body: [UInt8]? = nil
  ) {
    self.url = url
    self.method = method
    self.fields = fields
    self.body = body
  }

  func differsOnlyInBody(from other: HTTPRequest) -> Bool {
    url.text == other.url.text && fields == other.fields && method == other.method && proxy == other.proxy
      && trust == other.trust && connectTimeout == other.connectTimeout
  }

  /// What would let somebody smuggle in a line of their own; nil when all is well.
  var problem: String? {
    guard !method.isEmpty, method.utf8.allSatisfy({ (65...90).contains($0) }) else {
      return "method '\(method)'"
    }
    for field in fields where !field.isClean { return "a control character in header '\(field.name)'" }
    return nil
  }
}

/// One header line.
public struct HTTPField: Sendable, Equatable {
  public let name: String
  public let value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Names are compared without case: RFC 9110, 5.1.
  func isNamed(_ name: String) -> Bool {
    self.name.utf8.elementsEqual(name.utf8) { Self.lower($0) == Self.lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

  var isClean: Bool {
    !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3a }
      && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
  }
}

/// Whom a secure connection believes. Verification cannot be turned off.
public struct HTTPTrust: Sendable, Hashable {
  /// Certificates (PEM) of authorities, in place of the system's.
  public var authorityFile: String?
  /// libcurl's form, `sha256//BASE64`: the server's key must be this one.
  public var pinnedKey: String?

  public init(authorityFile: String? = nil, pinnedKey: String? = nil) {
    self.authorityFile = authorityFile
    self.pinnedKey = pinnedKey
  }
}
