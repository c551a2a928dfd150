// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Loop
import Posix
import Time

/// HTTP requests on the loop: shared connections, looked-up names, and a deadline that holds whatever
/// resolver, network, TLS or server do.
@LoopActor public final class HTTPSession {
  public struct Limits: Sendable {
    /// Requests at once; the next is refused.
    public var callsMax = 1024
    /// Idle connections kept open, of plain ones and of those with each file of authorities.
    public var connectionsMax = 64
    /// Files of authorities that are kept in memory, plain connections as one.
    public var authoritiesMax = 16
    /// For looking up a name that is not known.
    public var nameTimeout = Duration.milliseconds(500)

    public init() {}
  }

  public static let shared = HTTPSession()

  public let limits: Limits
  let names: NameCache
  private var lanes: [HTTPLane.Kind: HTTPLane] = [:]
  /// Asked for last: mostly the next too.
  private var lastLane: HTTPLane?
  /// Counts the handlers of the loop in which libcurl worked.
  var turn: UInt64 = 0
  private var loop: EventLoop { LoopActor.shared.loop }

  public init(limits: Limits = Limits(), names: NameCache? = nil) {
    self.limits = limits
    self.names = names ?? .shared
  }

  /// Loads libcurl off the loop, which takes some ten milliseconds, once. Before the first `HTTPURL`
  /// of a flow: what needs libcurl and does not find it loads it where it is.
  public static func load() async {
    if isLoaded { return }
    _ = try? await queue.run("load libcurl") { HTTPTransfers.load() }
    isLoaded = true
  }

  private static var isLoaded = false

  /// For files that libcurl reads.
  static let queue = BlockingQueue("http", backlogMax: 64)

  /// Requests now on their way; each is kept by its timer.
  public internal(set) var count = 0

  /// Sends a request. Exactly one `end` follows, at the deadline at the latest, unless it is cancelled;
  /// never before this has returned.
  public func start(
    _ request: HTTPRequest, until deadline: Instant, _ handlers: HTTPCall.Handlers
  ) -> HTTPCall {
    let call = HTTPCall(request, deadline, handlers, self)
    count += 1
    call.start(isRefused: count > limits.callsMax)
    return call
  }

  /// The whole response. - Throws: `HTTPError`; a cancelled task cancels the request.
  public func fetch(_ request: HTTPRequest, until deadline: Instant) async throws(HTTPError) -> HTTPResponse {
    var head: HTTPHead?
    var body: [UInt8] = []
    var result: Result<HTTPTimings, HTTPError>?
    var call: HTTPCall?
    do {
      try await loop.wait(on: "\(request.url)", until: nil) { (waiter: Waiter<Void>) in
        call = start(
          request, until: deadline,
          HTTPCall.Handlers(
            head: { head = $0 },
            body: {
              body.append(contentsOf: $0)
              return .more
            },
            end: {
              result = $0
              waiter.resume(returning: ())
            }))
      }
    } catch { call?.cancel() }
    guard let result, let head else {
      if case .failure(let error) = result { throw error }
      throw HTTPError(request.url.description, .cancelled)
    }
    return HTTPResponse(head: head, body: body, timings: try result.get())
  }

  // MARK: Whom a request believes

  /// What its requests share; made with the first of them.
  func lane(of request: HTTPRequest) throws(HTTPError) -> HTTPLane {
    let kind =
      request.url.isSecure ? HTTPLane.Kind.secure(authorities: request.trust.authorityFile) : .plain
    if let lastLane, lastLane.kind == kind { return lastLane }
    if let lane = lanes[kind] {
      lastLane = lane
      return lane
    }
    if lanes.count >= limits.authoritiesMax {
      guard let idle = lanes.first(where: { $0.value.isIdle }) else {
        let text = "requests are on their way that believe \(limits.authoritiesMax) different authorities"
        throw HTTPError(request.url.description, .refused(text))
      }
      lanes.removeValue(forKey: idle.key)?.close()
      lastLane = nil
    }
    let lane = HTTPLane(kind, self)
    lanes[kind] = lane
    return lane
  }
}

/// A response that has come to its end.
public struct HTTPResponse: Sendable, Equatable {
  public var head: HTTPHead
  public var body: [UInt8]
  public var timings: HTTPTimings

  public init(head: HTTPHead, body: [UInt8], timings: HTTPTimings) {
    self.head = head
    self.body = body
    self.timings = timings
  }

  public var text: String { String(decoding: body, as: UTF8.self) }
}
