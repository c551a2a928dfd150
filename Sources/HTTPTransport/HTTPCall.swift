// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Loop
import Posix
import Time

/// One request from the look-up of the name to the end of the response. Ends exactly once.
@LoopActor public final class HTTPCall {
  public struct Handlers {
    public var head: @LoopActor (HTTPHead) -> Void
    /// Bytes of the body, borrowed until it returns; `.pause` makes the server wait for `resume()`.
    public var body: @LoopActor (UnsafeRawBufferPointer) -> HTTPTransfer.Flow
    public var end: @LoopActor (Result<HTTPTimings, HTTPError>) -> Void

    public init(
      head: @escaping @LoopActor (HTTPHead) -> Void,
      body: @escaping @LoopActor (UnsafeRawBufferPointer) -> HTTPTransfer.Flow,
      end: @escaping @LoopActor (Result<HTTPTimings, HTTPError>) -> Void
    ) {
      (self.head, self.body, self.end) = (head, body, end)
    }
  }

  /// Redirects followed at most. Only 307 and 308, which keep method and body, and only within an origin.
  public nonisolated static var redirectsMax: Int { 3 }

  /// Bytes of a body handed on while one handler of the loop runs; the rest comes with a later one, after
  /// everybody else.
  public nonisolated static var turnMaxBytes: Int { 128 << 10 }

  public private(set) var request: HTTPRequest
  public let deadline: Instant
  /// How far it has come.
  public private(set) var stage = HTTPError.Stage.name

  private let handlers: Handlers
  private unowned let session: HTTPSession
  private var transfer: HTTPTransfer?
  private var timer: TimerToken?
  private var looking: Task<Void, any Error>?
  private var isEnded = false
  private var redirects = 0
  private var redirect: String?
  /// What was handed on in which of the session's turns.
  private var turn: UInt64 = 0
  private var turnBytes = 0
  private var resumption: TimerToken?
  private var loop: EventLoop { LoopActor.shared.loop }

  init(_ request: HTTPRequest, _ deadline: Instant, _ handlers: Handlers, _ session: HTTPSession) {
    self.request = request
    self.deadline = deadline
    self.handlers = handlers
    self.session = session
  }

  /// Ends it without calling `end`.
  public func cancel() { conclude() }

  /// Lets a paused body go on.
  public func resume() { transfer?.resume() }

  // MARK: The way of a request

  func start(isRefused: Bool) {
    timer = loop.at(deadline, name: "http deadline") { [self] in expire() }
    if isRefused {
      return fail(.refused("\(session.limits.callsMax) requests are on their way already"))
    }
    let url = request.url
    if url.isNumeric || request.proxy != nil { return send([]) }
    if let addresses = session.names.known(url.host, port: url.port) { return send(addresses) }
    let limit = min(deadline, loop.now + session.limits.nameTimeout)
    looking = LoopActor.spawn("look up \(url.host)") { [self] in
      do {
        send(try await session.names.addresses(of: url.host, port: url.port, until: limit))
      } catch let error as NameLookupError {
        fail(.unresolved("\(error)"))
      } catch is DeadlineExceeded {
        fail(.expired(.name))
      } catch {
        fail(.refused("\(error)"))
      }
    }
  }

  private func send(_ addresses: [SocketAddress]) {
    if isEnded { return }
    stage = .connect
    do throws(HTTPError) {
      try session.lane(of: request).whenReady { [self] in connect($0, addresses) }
    } catch { fail(error.reason) }
  }

  private func connect(_ transfers: HTTPTransfers, _ addresses: [SocketAddress]) {
    if isEnded { return }
    do throws(HTTPError) {
      transfer = try transfers.start(
        request, addresses: addresses.compactMap(\.numericHost)
      ) { [unowned self] in receive($0) }
    } catch { fail(error.reason) }
  }

  private func receive(_ event: HTTPTransfer.Event) -> HTTPTransfer.Flow {
    switch event {
    case .head(let head): receive(head)
    case .body(let bytes): return receive(bytes)
    case .end(let result): finish(result)
    }
    return .more
  }

  private func receive(_ head: HTTPHead) {
    if head.status == 307 || head.status == 308, let location = head["Location"] {
      redirect = location
      return
    }
    stage = .body
    handlers.head(head)
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPTransfer.Flow {
    // The body of a redirect is of no use.
    guard redirect == nil, !isEnded else { return .more }
    if session.turn != turn { (turn, turnBytes) = (session.turn, 0) }
    if turnBytes >= Self.turnMaxBytes {
      if resumption == nil { resumption = loop.after(.zero, name: "http body") { [self] in goOn() } }
      return .pause
    }
    turnBytes += bytes.count
    return handlers.body(bytes)
  }

  private func goOn() {
    resumption = nil
    session.turn &+= 1
    transfer?.resume()
  }

  private func finish(_ result: Result<HTTPTimings, HTTPError>) {
    transfer = nil
    if case .success = result, let redirect { return follow(redirect) }
    if case .failure(let error) = result, case .unreachable = error.reason {
      session.names.doubt(request.url.host)
    }
    end(result)
  }

  private func follow(_ location: String) {
    redirect = nil
    redirects += 1
    let url = try? HTTPURL(location, relativeTo: request.url)
    guard redirects <= Self.redirectsMax, let url, url.origin == request.url.origin else {
      return fail(.redirected(location))
    }
    request.url = url
    send(session.names.known(url.host, port: url.port) ?? [])
  }

  // MARK: Its end

  private func expire() {
    if stage == .connect, transfer?.isConnected == true { stage = .firstByte }
    if stage == .connect { session.names.doubt(request.url.host) }
    timer = nil
    end(.failure(HTTPError(request.url.description, .expired(stage))))
  }

  /// Told in the next round of the loop, so never before `start` has returned.
  private func fail(_ reason: HTTPError.Reason) {
    loop.post { [self] in end(.failure(HTTPError(request.url.description, reason))) }
  }

  private func end(_ result: Result<HTTPTimings, HTTPError>) {
    if isEnded { return }
    conclude()
    handlers.end(result)
  }

  private func conclude() {
    if isEnded { return }
    isEnded = true
    if let timer { loop.cancel(timer) }
    if let resumption { loop.cancel(resumption) }
    (timer, resumption) = (nil, nil)
    looking?.cancel()
    transfer?.cancel()
    transfer = nil
    session.count -= 1
  }
}
