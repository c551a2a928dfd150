// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// A request that got no whole response: to where, and why.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
  /// How far a request had come.
  public enum Stage: String, Sendable {
    case name = "looking up the name"
    case connect = "connecting"
    case firstByte = "waiting for the response"
    case body = "receiving the response"
  }

  public enum Reason: Sendable, Equatable {
    /// The request itself cannot be sent.
    case invalid(String)
    /// The name leads to no address.
    case unresolved(String)
    /// Nobody answers there.
    case unreachable(String)
    /// No secure connection, or not to whom it should be.
    case insecure(String)
    /// The connection ended before the response did.
    case closed(String)
    /// The answer is not HTTP.
    case malformed(String)
    /// More bytes than `limit`, which is named.
    case tooLarge(String, limit: Int)
    /// A budget or the deadline has passed.
    case expired(Stage)
    /// A redirect to elsewhere, or too many.
    case redirected(String)
    /// We gave up ourselves.
    case cancelled
    /// Too many at once; nothing was sent.
    case refused(String)
  }

  /// Where to, without a query.
  public let address: String
  public let reason: Reason

  public init(_ address: String, _ reason: Reason) {
    self.address = address
    self.reason = reason
  }

  public var description: String { "\(address): \(text)" }

  private var text: String {
    switch reason {
    case .invalid(let why): "not a usable request: \(why)"
    case .unresolved(let why): "\(why). Check the name and the name server"
    case .unreachable(let why): "\(why). Is the service running?"
    case .insecure(let why): "no secure connection: \(why). Check the certificate and its authority"
    case .closed(let why): "\(why) before the end of the response. The service may have died: see its log"
    case .malformed(let why): "no HTTP response: \(why). Check scheme and port"
    case .tooLarge(let what, let limit): "more than \(limit) bytes of \(what)"
    case .expired(let stage): "time is up while \(stage.rawValue). The service is overloaded or hangs"
    case .redirected(let target): "redirected to \(target), which is not followed"
    case .cancelled: "cancelled"
    case .refused(let why): why
    }
  }

  static func noMemory(for url: HTTPURL) -> HTTPError {
    HTTPError(url.description, .refused("no memory for a request"))
  }

  /// What a result of libcurl means; `detail` is its own text.
  static func reason(of code: CURLcode, _ detail: String) -> Reason {
    switch code {
    case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_FAILED_INIT:
      .invalid(detail)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved(detail)
    case CURLE_COULDNT_CONNECT: .unreachable(detail)
    case CURLE_OPERATION_TIMEDOUT: .expired(.connect)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED:
      .insecure(detail)
    // A server without a status line counts as HTTP/0.9, a protocol that is not supported.
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL,
      CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP3:
      .malformed(detail)
    default: .closed(detail)
    }
  }
}
