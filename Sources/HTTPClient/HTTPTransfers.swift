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

  /// Watch a socket for this, or no longer when empty. Must not call back into this object.
  public var onInterest: ((Int32, Interest) -> Void)?
  /// Call `timeOut()` after so long, instead of what was asked before; nil: never. Must not call back.
  public var onTimer: ((Duration?) -> Void)?

  private let multi: UnsafeMutableRawPointer
  private var living: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
  private var spares: [UnsafeMutableRawPointer] = []
  private var cancelled: [HTTPTransfer] = []
  private var depth = 0

  /// - Parameter connectionsMax: idle connections kept open, for all servers together.
  public init(connectionsMax: Int = 64) {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
    self.multi = multi
    ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsMax)
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
    ccurl_multi_callbacks(multi, nil, nil, nil)
    for easy in living.keys {
      curl_multi_remove_handle(multi, easy)
      curl_easy_cleanup(easy)
    }
    for easy in spares { curl_easy_cleanup(easy) }
    curl_multi_cleanup(multi)
  }

  public var count: Int { living.count }

  /// Sends a request; its handlers are called from `ready` and `timeOut`.
  /// - Parameter addresses: numeric addresses of the host, best first; empty when its name is one.
  /// - Throws: `.invalid` when it cannot be sent as it is.
  public func start(
    _ request: HTTPRequest, addresses: [String], _ handlers: HTTPTransfer.Handlers
  ) throws(HTTPError) -> HTTPTransfer {
    if let problem = request.problem { throw HTTPError(request.url.description, .invalid(problem)) }
    guard let easy = spares.popLast() ?? curl_easy_init() else {
      throw HTTPError(request.url.description, .refused("no memory for a request"))
    }
    let transfer = HTTPTransfer(request, addresses: addresses, easy: easy, owner: self, handlers)
    living[easy] = transfer
    curl_multi_add_handle(multi, easy)
    return transfer
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

  private static func from(_ pointer: UnsafeMutableRawPointer) -> HTTPTransfers {
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
    depth += 1
    var running: Int32 = 0
    curl_multi_socket_action(multi, fd, mask, &running)
    depth -= 1
    if depth == 0 { settle() }
  }

  private func settle() {
    while let transfer = cancelled.popLast() { remove(transfer) }
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let transfer = living[easy]
      else { continue }
      let code = ccurl_result(message)
      living[easy] = nil
      curl_multi_remove_handle(multi, easy)
      transfer.finish(code)
      recycle(easy)
    }
  }

  func resume(_ transfer: HTTPTransfer) {
    guard living[transfer.easy] === transfer else { return }
    depth += 1
    curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    depth -= 1
    if depth == 0 { settle() }
  }

  func cancel(_ transfer: HTTPTransfer) {
    guard living[transfer.easy] === transfer else { return }
    transfer.isCancelled = true
    if depth > 0 { return cancelled.append(transfer) }
    remove(transfer)
  }

  private func remove(_ transfer: HTTPTransfer) {
    guard living[transfer.easy] === transfer else { return }
    living[transfer.easy] = nil
    depth += 1
    curl_multi_remove_handle(multi, transfer.easy)
    depth -= 1
    recycle(transfer.easy)
  }

  private func recycle(_ easy: UnsafeMutableRawPointer) {
    if spares.count >= Self.sparesMax { return curl_easy_cleanup(easy) }
    curl_easy_reset(easy)
    spares.append(easy)
  }
}
