// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// One request on its way and the response to it. Made by `HTTPTransfers`; same thread.
public final class HTTPTransfer {
  /// Bytes of status line and headers at most; libcurl bounds each line, not their sum.
  public static let headMaxBytes = 64 << 10

  public enum Flow: Sendable { case more, pause }

  public struct Handlers {
    public var head: (HTTPHead) -> Void
    /// Bytes of the body, borrowed until it returns. `.pause` leaves them with libcurl: they come again
    /// after `resume()`, and the server has to wait.
    public var body: (UnsafeRawBufferPointer) -> Flow
    /// Once, unless `cancel()` came first. Never inside a call of another method.
    public var end: (Result<HTTPTimings, HTTPError>) -> Void

    public init(
      head: @escaping (HTTPHead) -> Void, body: @escaping (UnsafeRawBufferPointer) -> Flow,
      end: @escaping (Result<HTTPTimings, HTTPError>) -> Void
    ) {
      (self.head, self.body, self.end) = (head, body, end)
    }
  }

  public let request: HTTPRequest
  /// Whether the connection stands, so that only the response is missing.
  public var isConnected: Bool { ccurl_get_size(easy, CURLINFO_PRETRANSFER_TIME_T) > 0 }

  let easy: UnsafeMutableRawPointer
  private let handlers: Handlers
  /// Nil once this is over, or the owner is: whose business it is to say so.
  unowned var owner: HTTPTransfers?
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private let detail = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var fields: [HTTPField] = []
  private var headBytes = 0
  private var bodyBytes = 0
  private var hasHead = false
  private var failure: HTTPError.Reason?
  /// To be removed once libcurl is left: nothing is told any more.
  var isCancelled = false

  init(
    _ request: HTTPRequest, addresses: [String], easy: UnsafeMutableRawPointer, owner: HTTPTransfers,
    _ handlers: Handlers
  ) {
    self.request = request
    self.easy = easy
    self.owner = owner
    self.handlers = handlers
    detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setUp(addresses)
  }

  deinit {
    for list in lists { ccurl_slist_free_all(list) }
    detail.deallocate()
  }

  /// Lets a paused body go on.
  public func resume() { owner?.resume(self) }

  /// Ends it without a word. The connection is closed: what it would still bring is not known.
  public func cancel() { owner?.cancel(self) }

  // MARK: Setting up

  private func setUp(_ addresses: [String]) {
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, detail)
    ccurl_set_string(easy, CURLOPT_URL, request.url.text)
    ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_string(easy, CURLOPT_PROXY, request.proxy ?? "")
    // A look-up by libcurl itself would hold the loop at its end; with QUICK_EXIT it does not, but
    // names are looked up before, and the result given here.
    ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
    ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, milliseconds(request.connectTimeout)))
    ccurl_set_authorities(easy, request.trust.authorityFile)
    if let key = request.trust.pinnedKey { ccurl_set_string(easy, CURLOPT_PINNEDPUBLICKEY, key) }
    if addresses.isEmpty {
      // libcurl keeps the list of a request that was given up before it began, also beyond a reset.
      ccurl_set_list(easy, CURLOPT_RESOLVE, nil)
    } else {
      let joined = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
      setList(CURLOPT_RESOLVE, ["\(request.url.host):\(request.url.port):\(joined)"])
    }
    // No "Expect: 100-continue": it costs a round trip, or a second with servers that ignore it.
    setList(CURLOPT_HTTPHEADER, ["Expect:"] + request.fields.map(Self.line))
    setBody()
    setCallbacks()
  }

  /// "Name: value", or libcurl's form for a header without a value.
  private static func line(_ field: HTTPField) -> String {
    field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
  }

  private func setList(_ option: CURLoption, _ lines: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = ccurl_slist_append(list, line) }
    guard let list else { return }
    lists.append(list)
    ccurl_set_list(easy, option, list)
  }

  private func setBody() {
    if let body = request.body {
      ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      _ = body.withUnsafeBytes { bytes in
        // An empty array may have no address, and null means something else to libcurl.
        ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(detail))
      }
    }
    if request.method == "HEAD" {
      ccurl_set_long(easy, CURLOPT_NOBODY, 1)
    } else if request.method != (request.body == nil ? "GET" : "POST") {
      ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func setCallbacks() {
    let me = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me)
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, me)
    ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
      HTTPTransfer.from(me!).receiveLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
      HTTPTransfer.from(me!).receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
  }

  static func from(_ pointer: UnsafeMutableRawPointer) -> HTTPTransfer {
    Unmanaged<HTTPTransfer>.fromOpaque(pointer).takeUnretainedValue()
  }

  // MARK: Receiving, inside libcurl

  /// One line of the head; 0 ends the transfer.
  private func receiveLine(_ bytes: UnsafeRawBufferPointer) -> Int {
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

  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    if isCancelled { return 0 }
    tellHead()
    if isCancelled { return 0 }
    if bodyBytes + bytes.count > request.responseMaxBytes {
      return fail(.tooLarge("response", limit: request.responseMaxBytes))
    }
    if handlers.body(bytes) == .pause { return Int(CURL_WRITEFUNC_PAUSE) }
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
    let retryAfter = ccurl_get_size(easy, CURLINFO_RETRY_AFTER)
    handlers.head(
      HTTPHead(
        status: ccurl_get_long(easy, CURLINFO_RESPONSE_CODE), fields: fields,
        retryAfter: retryAfter > 0 ? .seconds(retryAfter) : nil))
  }

  // MARK: Ending, outside of libcurl

  func finish(_ code: CURLcode) {
    if code == CURLE_OK {
      tellHead()
      return handlers.end(.success(timings))
    }
    let text = detail.pointee == 0 ? String(cString: ccurl_easy_strerror(code)) : String(cString: detail)
    let reason = failure ?? HTTPError.reason(of: code, text)
    handlers.end(.failure(HTTPError(request.url.description, reason)))
  }

  private var timings: HTTPTimings {
    func time(_ info: CURLINFO) -> Duration? {
      let microseconds = ccurl_get_size(easy, info)
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
