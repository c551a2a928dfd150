// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// One request on its way and the response to it. Made by `HTTPTransfers`; same thread.
public final class HTTPTransfer {
  /// Bytes of status line and headers at most; libcurl bounds each line, not their sum.
  public static let headMaxBytes = 64 << 10

  public enum Flow: Sendable { case more, pause }

  public enum Event {
    case head(HTTPHead)
    /// Bytes of the body, borrowed until the handler returns. `.pause` leaves them with libcurl: they come
    /// again after `resume()`, and the server has to wait.
    case body(UnsafeRawBufferPointer)
    /// Once, unless `cancel()` came first. Never inside a call of another method.
    case end(Result<HTTPTimings, HTTPError>)
  }

  /// What it returns counts for `body` alone.
  public typealias Handler = (Event) -> Flow

  /// Whether the connection stands, so that only the response is missing.
  public var isConnected: Bool {
    owner != nil && ccurl_get_size(handle.easy, CURLINFO_PRETRANSFER_TIME_T) > 0
  }

  /// Which keeps this until it is over.
  unowned let handle: HTTPHandle
  private let url: HTTPURL
  private let responseMaxBytes: Int
  private let handler: Handler
  /// Nil once this is over, or the owner is: whose business it is to say so.
  unowned var owner: HTTPTransfers?
  private var fields: [HTTPField] = []
  private var headBytes = 0
  private var bodyBytes = 0
  private var hasHead = false
  private var failure: HTTPError.Reason?
  /// To be removed once libcurl is left: nothing is told any more.
  var isCancelled = false

  init(_ request: HTTPRequest, _ handle: HTTPHandle, _ owner: HTTPTransfers, _ handler: @escaping Handler) {
    url = request.url
    responseMaxBytes = request.responseMaxBytes
    self.handle = handle
    self.owner = owner
    self.handler = handler
  }

  /// Lets a paused body go on.
  public func resume() { owner?.resume(self) }

  /// Ends it without a word. The connection is closed: what it would still bring is not known.
  public func cancel() { owner?.cancel(self) }

  // MARK: Receiving, inside libcurl

  /// One line of the head; 0 ends the transfer.
  func receiveLine(_ bytes: UnsafeRawBufferPointer) -> Int {
    headBytes += bytes.count
    if headBytes > Self.headMaxBytes { return fail(.tooLarge("headers", limit: Self.headMaxBytes)) }
    let line = bytes.prefix { $0 != 0x0d && $0 != 0x0a }
    if line.starts(with: "HTTP/".utf8) {
      // After an interim response (100) the real one begins here.
      fields.removeAll()
    } else if let colon = line.firstIndex(of: 0x3a), !hasHead {
      let name = String(decoding: line[..<colon], as: UTF8.self)
      let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      fields.append(HTTPField(name, String(decoding: value, as: UTF8.self)))
    }
    return bytes.count
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    if isCancelled { return 0 }
    tellHead()
    if isCancelled { return 0 }
    if bodyBytes + bytes.count > responseMaxBytes {
      return fail(.tooLarge("response", limit: responseMaxBytes))
    }
    if handler(.body(bytes)) == .pause { return Int(CURL_WRITEFUNC_PAUSE) }
    bodyBytes += bytes.count
    return bytes.count
  }

  private func fail(_ reason: HTTPError.Reason) -> Int {
    if failure == nil { failure = reason }
    return 0
  }

  private func tellHead() {
    if hasHead { return }
    hasHead = true
    let retryAfter = ccurl_get_size(handle.easy, CURLINFO_RETRY_AFTER)
    let head = HTTPHead(
      status: ccurl_get_long(handle.easy, CURLINFO_RESPONSE_CODE), fields: fields,
      retryAfter: retryAfter > 0 ? .seconds(retryAfter) : nil)
    _ = handler(.head(head))
  }

  // MARK: Ending, outside of libcurl

  func finish(_ code: CURLcode) {
    if code == CURLE_OK {
      tellHead()
      _ = handler(.end(.success(timings)))
      return
    }
    let text = handle.failureText ?? String(cString: ccurl_easy_strerror(code))
    let reason = failure ?? HTTPError.reason(of: code, text)
    _ = handler(.end(.failure(HTTPError(url.description, reason))))
  }

  private var timings: HTTPTimings {
    func time(_ info: CURLINFO) -> Duration? {
      let microseconds = ccurl_get_size(handle.easy, info)
      return microseconds > 0 ? .microseconds(microseconds) : nil
    }
    var timings = HTTPTimings(total: time(CURLINFO_TOTAL_TIME_T) ?? .zero)
    timings.connected = time(CURLINFO_CONNECT_TIME_T)
    timings.secured = time(CURLINFO_APPCONNECT_TIME_T)
    timings.firstByte = time(CURLINFO_STARTTRANSFER_TIME_T)
    return timings
  }
}

func milliseconds(_ duration: Duration) -> Int {
  let (seconds, attoseconds) = duration.components
  return Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
}
