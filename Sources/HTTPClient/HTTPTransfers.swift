// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// HTTP transfers that share connections: libcurl's multi interface, driven by whoever watches its
/// sockets and keeps its one timer. Blocks never; to be used from one thread.
///
/// Names are not looked up here: `start` takes the addresses. Source: libcurl, curl_multi_socket_action(3).
public final class HTTPTransfers {
  /// What to wait for on a socket.
  public struct Interest: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let read = Interest(rawValue: 1)
    public static let write = Interest(rawValue: 2)
    public static let error = Interest(rawValue: 4)
  }

  /// Kept handles of ended transfers at most; more are freed.
  public static let sparesMax = 32

  /// Watch a socket for this, or for nothing when empty; mostly it is wanted again. Must not call back into
  /// this object.
  public var onInterest: ((Int32, Interest) -> Void)?
  /// What is known of a socket's number is over: it is about to be closed, perhaps with this object, which must
  /// not be kept then, or it is new. libcurl 7.88 closes without a word what it has given up before it was
  /// connected. Must not call back.
  public var onForgotten: ((Int32) -> Void)?
  /// Call `timeOut()` after so long, instead of what was asked before; nil: never. Must not call back.
  public var onTimer: ((Duration?) -> Void)?

  /// From the first request on.
  private var multi: UnsafeMutableRawPointer?
  private let connectionsMax: Int
  private var living: [HTTPHandle] = []
  private var spares: [HTTPHandle] = []
  private var cancelled: [HTTPTransfer] = []
  private var depth = 0

  /// - Parameters:
  ///   - connectionsMax: idle connections kept open, for all servers together.
  ///   - authorities: whom all requests believe, read already; without it they are read with the first
  ///     secure connection, which then takes 25 ms longer.
  public init(connectionsMax: Int = 64, authorities: HTTPAuthorities? = nil) {
    self.connectionsMax = connectionsMax
    multi = authorities?.take()
    if let multi { prepare(multi) }
  }

  /// Loads libcurl, once: some ten milliseconds in which it blocks. Any thread; what needs it loads it
  /// too, on the thread where it is needed.
  public static func load() { _ = ccurl_load() }

  private func open() -> UnsafeMutableRawPointer? {
    guard let multi = ccurl_multi_init() else { return nil }
    prepare(multi)
    return multi
  }

  private func prepare(_ multi: UnsafeMutableRawPointer) {
    ccurl_multi_callbacks(
      multi,
      { _, fd, what, me, _ in
        HTTPTransfers.from(me!).tellInterest(fd, what)
        return 0
      },
      { _, milliseconds, me in
        HTTPTransfers.from(me!).onTimer?(milliseconds < 0 ? nil : .milliseconds(milliseconds))
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    guard let multi else { return }
    ccurl_multi_callbacks(multi, nil, nil, nil)
    for handle in living {
      handle.transfer?.owner = nil
      ccurl_multi_remove(multi, handle.easy)
    }
    (living, spares) = ([], [])
    ccurl_multi_cleanup(multi)
  }

  public var count: Int { living.count }

  /// Sends a request; `handler` is called from `ready` and `timeOut`.
  /// - Parameter addresses: numeric addresses of the host, best first; empty when its name is one.
  /// - Throws: `.invalid` when it cannot be sent as it is; `.refused` without memory.
  public func start(
    _ request: HTTPRequest, addresses: [String], _ handler: @escaping HTTPTransfer.Handler
  ) throws(HTTPError) -> HTTPTransfer {
    if multi == nil { multi = open() }
    guard let multi, let handle = spare(for: request) ?? HTTPHandle() else {
      throw .noMemory(for: request.url)
    }
    do throws(HTTPError) {
      try handle.prepare(request, addresses, self)
    } catch {
      recycle(handle)
      throw error
    }
    let transfer = HTTPTransfer(request, handle, self, handler)
    (handle.transfer, handle.place) = (transfer, living.count)
    living.append(handle)
    boundConnections(multi)
    ccurl_multi_add(multi, handle.easy)
    return transfer
  }

  /// The one that needs least to be set.
  private func spare(for request: HTTPRequest) -> HTTPHandle? {
    if spares.isEmpty { return nil }
    return spares.remove(at: spares.lastIndex { $0.fits(request) } ?? spares.count - 1)
  }

  /// A watched socket is ready.
  public func ready(_ fd: Int32, _ interest: Interest) {
    var mask: Int32 = 0
    if interest.contains(.read) { mask |= CURL_CSELECT_IN }
    if interest.contains(.write) { mask |= CURL_CSELECT_OUT }
    if interest.contains(.error) { mask |= CURL_CSELECT_ERR }
    act(fd, mask)
  }

  /// The time given to `onTimer` has passed.
  public func timeOut() { act(CURL_SOCKET_TIMEOUT, 0) }

  // MARK: Inside

  static func from(_ pointer: UnsafeMutableRawPointer) -> HTTPTransfers {
    Unmanaged<HTTPTransfers>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func tellInterest(_ fd: Int32, _ what: Int32) {
    var interest = Interest()
    if what & CURL_POLL_IN != 0, what != CURL_POLL_REMOVE { interest.insert(.read) }
    if what & CURL_POLL_OUT != 0, what != CURL_POLL_REMOVE { interest.insert(.write) }
    onInterest?(fd, interest)
  }

  /// Lets libcurl work, then ends what has come to its end: never inside of libcurl.
  private func act(_ fd: curl_socket_t, _ mask: Int32) {
    guard let multi else { return }
    depth += 1
    ccurl_multi_act(multi, fd, mask)
    depth -= 1
    if depth == 0 { settle() }
  }

  private func settle() {
    while let transfer = cancelled.popLast() { remove(transfer) }
    var code = CURLE_OK
    while let multi, let easy = ccurl_multi_ended(multi, &code) {
      let handle = HTTPHandle.from(ccurl_get_private(easy))
      guard let transfer = handle.transfer else { continue }
      release(transfer)
      ccurl_multi_remove(multi, easy)
      transfer.finish(code)
      recycle(handle)
    }
  }

  func resume(_ transfer: HTTPTransfer) {
    depth += 1
    ccurl_easy_pause(transfer.handle.easy, CURLPAUSE_CONT)
    depth -= 1
    if depth == 0 { settle() }
  }

  func cancel(_ transfer: HTTPTransfer) {
    transfer.isCancelled = true
    if depth > 0 { return cancelled.append(transfer) }
    remove(transfer)
  }

  private func remove(_ transfer: HTTPTransfer) {
    guard let multi, transfer.owner != nil else { return }
    let handle = transfer.handle
    release(transfer)
    depth += 1
    ccurl_multi_remove(multi, handle.easy)
    depth -= 1
    recycle(handle)
  }

  private func release(_ transfer: HTTPTransfer) {
    let place = transfer.handle.place
    living.swapAt(place, living.count - 1)
    living[place].place = place
    living.removeLast().transfer = nil
    transfer.owner = nil
    if let multi { boundConnections(multi) }
  }

  /// libcurl counts connections at work too: with as many of these as it may keep it would close each at the
  /// end of its request, and open another one for the next.
  private func boundConnections(_ multi: UnsafeMutableRawPointer) {
    ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsMax + living.count)
  }

  private func recycle(_ handle: HTTPHandle) {
    handle.rest()
    if spares.count < Self.sparesMax { spares.append(handle) }
  }
}
