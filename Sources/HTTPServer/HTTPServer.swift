// SPDX-License-Identifier: Apache-2.0
internal import CMicroHTTPD

/// An HTTP/1.1 server for small requests that are answered at once; driven by whoever watches its
/// descriptor and keeps its timeout. Never blocks; to be used from one thread.
///
/// A request is handed over whole. One that is no HTTP, has a head or a body that is too long, or takes
/// too long, never gets here. Source: libmicrohttpd, MHD_USE_EPOLL with an external loop.
public final class HTTPServer {
  public struct Limits: Sendable {
    /// At once; more wait in the kernel.
    public var connectionsMax = 16
    /// From one address; more are closed.
    public var connectionsPerAddressMax = 8
    /// Seconds without a byte after which a connection is closed.
    public var silenceMaxSeconds = 10
    /// Memory of a connection, in which the request's head has to fit.
    public var memoryBytesMax = 16 << 10
    /// A longer body is refused with status 413, one of 16 times the length is cut off.
    public var bodyBytesMax = 64 << 10

    public init() {}
  }

  public struct Request: Sendable, Equatable {
    public var method: String
    /// Without what follows a question mark.
    public var path: String
    public var authorization: String?
    public var body: [UInt8]

    public init(method: String, path: String, authorization: String? = nil, body: [UInt8] = []) {
      self.method = method
      self.path = path
      self.authorization = authorization
      self.body = body
    }
  }

  /// A status with a short text of JSON; beyond `bodyBytesMax` it is cut.
  public struct Response: Sendable, Equatable {
    public static let bodyBytesMax = 512
    public var status: Int
    public var body: String

    public init(_ status: Int, _ body: String) {
      self.status = status
      self.body = body
    }
  }

  /// Why there is no server.
  public struct NotStarted: Error, CustomStringConvertible {
    public let description: String
  }

  private let handle: OpaquePointer
  private let answer: Answer

  private final class Answer {
    let body: (Request) -> Response
    init(_ body: @escaping (Request) -> Response) { self.body = body }
  }

  /// - Parameters:
  ///   - socket: listens; it is the server's from now on, also when this throws.
  ///   - answer: called from `run`.
  public init(
    listening socket: Int32, limits: Limits = Limits(), answer: @escaping (Request) -> Response
  ) throws(NotStarted) {
    var bounds = cmhd_limits(
      connections: UInt32(limits.connectionsMax),
      connections_per_address: UInt32(limits.connectionsPerAddressMax),
      timeout_seconds: UInt32(limits.silenceMaxSeconds), memory_bytes: limits.memoryBytesMax,
      body_bytes: limits.bodyBytesMax)
    self.answer = Answer(answer)
    // SAFETY: the server ends before its `answer` does, in `deinit`.
    let user = Unmanaged.passUnretained(self.answer).toOpaque()
    let started = cmhd_start(
      socket, &bounds,
      { user, request, reply in
        guard let user, let request, let reply else { return }
        let answer = Unmanaged<Answer>.fromOpaque(user).takeUnretainedValue()
        let response = answer.body(Request(request.pointee))
        reply.pointee.status = UInt32(clamping: response.status)
        withUnsafeMutableBytes(of: &reply.pointee.body) { room in
          let bytes = response.body.utf8.prefix(room.count)
          room.copyBytes(from: bytes)
          reply.pointee.body_bytes = bytes.count
        }
      }, user)
    guard let started else {
      let problem = cmhd_load().map { String(cString: $0) }
      throw NotStarted(description: problem ?? "no memory or no descriptor for an HTTP server")
    }
    handle = started
  }

  deinit { cmhd_stop(handle) }

  /// Readable when there is something for `run`.
  public var descriptor: Int32 { cmhd_descriptor(handle) }
  /// Milliseconds until `run` is wanted, whatever the descriptor says; nil: never.
  public var timeoutMS: Int64? {
    let timeout = cmhd_timeout(handle)
    return timeout < 0 ? nil : timeout
  }

  /// Does what can be done without waiting.
  public func run() { cmhd_run(handle) }
}

extension HTTPServer.Request {
  fileprivate init(_ request: cmhd_request) {
    let bytes = UnsafeRawBufferPointer(start: request.body, count: request.body_bytes)
    self.init(
      method: String(cString: request.method), path: String(cString: request.path),
      authorization: request.authorization.map { String(cString: $0) }, body: Array(bytes))
  }
}
