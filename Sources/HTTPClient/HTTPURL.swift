// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// An absolute `http` or `https` address, split and brought to one form by libcurl's own parser.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
  /// Bytes of an address at most.
  public static let bytesMax = 8 << 10

  /// The whole address.
  public let text: String
  public let isSecure: Bool
  /// A name or a numeric address, IPv6 without its brackets.
  public let host: String
  public let port: UInt16
  /// The host is no name: nobody has to be asked for its address.
  public let isNumeric: Bool

  /// - Parameter base: what a relative address starts from, as in a `Location` header.
  /// - Throws: `HTTPError.invalid` saying what is wrong: another scheme, no host, a user or password in
  ///   it (secrets belong into headers, from files), a control character; `.refused` when
  ///   libcurl is not installed.
  public init(_ text: String, relativeTo base: HTTPURL? = nil) throws(HTTPError) {
    func refused(_ why: String) -> HTTPError {
      // The reason must not be cut off behind a long address.
      HTTPError(String(text.prefix(200)), .invalid("\(why): write http://HOST[:PORT]/PATH or https://…"))
    }
    guard text.utf8.count <= Self.bytesMax else { throw refused("more than \(Self.bytesMax) bytes") }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw refused("white space in it") }
    if let problem = ccurl_load() { throw HTTPError(text, .refused(String(cString: problem))) }
    // Without memory it is null, which libcurl takes for a bad address.
    let parts = ccurl_url()
    defer { ccurl_url_cleanup(parts) }
    if let base { _ = ccurl_url_set(parts, CURLUPART_URL, base.text, 0) }
    let code = ccurl_url_set(parts, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER))
    if code == CURLUE_USER_NOT_ALLOWED { throw refused("a user or password in it") }
    guard code == CURLUE_OK else { throw refused(String(cString: ccurl_url_strerror(code))) }
    func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
      guard let value = ccurl_url_get(parts, part, UInt32(flags)) else { return nil }
      defer { ccurl_free(value) }
      return String(cString: value)
    }
    guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https",
      let whole = part(CURLUPART_URL), let host = part(CURLUPART_HOST), !host.isEmpty,
      let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap(UInt16.init)
    else { throw refused("neither http nor https, or no host in it") }
    // libcurl decodes a host after it has looked for an address in it: http://%35 is http://5, and that,
    // read again, 0.0.0.5.
    if text.utf8.contains(UInt8(ascii: "%")) {
      let isSame = ccurl_url_set(parts, CURLUPART_URL, whole, 0) == CURLUE_OK && part(CURLUPART_URL) == whole
      guard isSame else { throw refused("its host is written in percents") }
    }
    self.text = whole
    isSecure = scheme == "https"
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    self.port = port
    isNumeric = host.hasPrefix("[") || host.utf8.allSatisfy { $0 == 0x2e || (0x30...0x39).contains($0) }
  }

  /// Scheme, host and port: what a redirect may not leave.
  public var origin: String { "\(isSecure ? "https" : "http")://\(host.lowercased()):\(port)" }

  /// Without query and fragment, which may hold what should not be logged.
  public var description: String { String(text.prefix { $0 != "?" && $0 != "#" }) }
}
