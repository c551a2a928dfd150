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
    /// Idle connections kept open.
    public var connectionsMax = 64
    /// For looking up a name that is not known.
    public var nameTimeout = Duration.milliseconds(500)

    public init() {}
  }

  public static let shared = HTTPSession()

  public let limits: Limits
  let names: NameCache
  let transfers: HTTPTransfers
  var calls: [ObjectIdentifier: HTTPCall] = [:]
  /// Counts the handlers of the loop in which libcurl worked.
  var turn: UInt64 = 0
  private var watched: [Int32: WatchToken] = [:]
  private var timer: TimerToken?
  private var loop: EventLoop { LoopActor.shared.loop }

  public init(limits: Limits = Limits(), names: NameCache? = nil) {
    self.limits = limits
    self.names = names ?? .shared
    transfers = HTTPTransfers(connectionsMax: limits.connectionsMax)
    transfers.onInterest = { [unowned self] in watch($0, $1) }
    transfers.onTimer = { [unowned self] in setTimer($0) }
  }

  /// Requests now on their way.
  public var count: Int { calls.count }

  /// Sends a request. Exactly one `end` follows, at the deadline at the latest, unless it is cancelled;
  /// never before this has returned.
  public func start(
    _ request: HTTPRequest, until deadline: Instant, _ handlers: HTTPCall.Handlers
  ) -> HTTPCall {
    let call = HTTPCall(request, deadline, handlers, self)
    calls[ObjectIdentifier(call)] = call
    call.start(isRefused: calls.count > limits.callsMax)
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

  // MARK: Between libcurl and the loop

  private func watch(_ fd: Int32, _ interest: HTTPTransfers.Interest) {
    if interest.isEmpty {
      if let token = watched.removeValue(forKey: fd) { loop.unwatch(token) }
      return
    }
    var wanted = Interest()
    if interest.contains(.read) { wanted.insert(.read) }
    if interest.contains(.write) { wanted.insert(.write) }
    if let token = watched[fd] { return loop.modify(token, wanted) }
    do throws(SystemError) {
      watched[fd] = try loop.watch(fd, wanted, name: "http") { [unowned self] ready in
        var interest = HTTPTransfers.Interest()
        if ready.contains(.read) { interest.insert(.read) }
        if ready.contains(.write) { interest.insert(.write) }
        if !ready.isDisjoint(with: [.error, .hangup]) { interest.insert(.error) }
        turn &+= 1
        transfers.ready(fd, interest)
      }
    } catch {
      // It ends by its deadline, and says so: a descriptor that cannot be watched never becomes ready.
    }
  }

  private func setTimer(_ duration: Duration?) {
    if let timer { loop.cancel(timer) }
    timer = duration.map {
      loop.after($0, name: "http") { [unowned self] in
        timer = nil
        turn &+= 1
        transfers.timeOut()
      }
    }
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
