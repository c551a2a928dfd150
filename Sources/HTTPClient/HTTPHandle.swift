// SPDX-License-Identifier: Apache-2.0
internal import CCurl

/// A handle of libcurl with what has been set on it, kept from one request to the next: most are like the one
/// before but for their body, and setting everything takes longer than Swift takes for the rest of a request.
final class HTTPHandle {
  /// A larger body is not kept with its handle.
  private static let bodyKeptMaxBytes = 4 << 10

  let easy: UnsafeMutableRawPointer
  /// What it is busy with, and where that is in the table of its owner.
  var transfer: HTTPTransfer?
  var place = 0

  /// What is set, without its body; nil: nothing.
  private var known: HTTPRequest?
  /// Nil: there is none.
  private var bodyBytes: Int?
  private var addresses: [String] = []
  private var fields: UnsafeMutablePointer<curl_slist>?
  private var names: UnsafeMutablePointer<curl_slist>?
  /// The address in its parts: libcurl would take a text apart for each request, and put it together again.
  private let parts: OpaquePointer
  private let detail = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  /// Nil without memory.
  init?() {
    guard let easy = ccurl_easy_init() else { return nil }
    guard let parts = ccurl_url() else {
      ccurl_easy_cleanup(easy)
      return nil
    }
    self.easy = easy
    self.parts = parts
    detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    ccurl_easy_cleanup(easy)
    ccurl_url_cleanup(parts)
    ccurl_slist_free_all(fields)
    ccurl_slist_free_all(names)
    detail.deallocate()
  }

  static func from(_ pointer: UnsafeMutableRawPointer) -> HTTPHandle {
    Unmanaged<HTTPHandle>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// What libcurl says of a failure; nil: nothing.
  var failureText: String? { detail.pointee == 0 ? nil : String(cString: detail) }

  // MARK: Setting

  /// Only its body has to be set.
  func fits(_ request: HTTPRequest) -> Bool {
    known?.differsOnlyInBody(from: request) == true && (bodyBytes != nil) == (request.body != nil)
  }

  /// - Parameter owner: is told which sockets are opened and closed, for as long as their connections live.
  /// - Throws: `.invalid` when it cannot be sent as it is; `.refused` without memory.
  func prepare(_ request: HTTPRequest, _ addresses: [String], _ owner: HTTPTransfers) throws(HTTPError) {
    detail.pointee = 0
    if !fits(request) { try setAll(request, owner) }
    setNames(request, addresses)
    if let body = request.body { setBody(body) }
  }

  /// Its request has ended: what is not worth to be kept goes.
  func rest() {
    if let bodyBytes, bodyBytes > Self.bodyKeptMaxBytes { return forget() }
    // libcurl counts how often it has tried again since a kept connection had died, over all requests of a
    // handle up to its reset, and the sixth fails. A new connection tells that it may have.
    if ccurl_get_long(easy, CURLINFO_NUM_CONNECTS) > 0 { forget() }
  }

  private func forget() {
    known = nil
    ccurl_easy_reset(easy)
  }

  private func setAll(_ request: HTTPRequest, _ owner: HTTPTransfers) throws(HTTPError) {
    if let problem = request.problem { throw HTTPError(request.url.description, .invalid(problem)) }
    if known != nil { forget() }
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, detail)
    try setAddress(request.url)
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
    // No "Expect: 100-continue": it costs a round trip, or a second with servers that ignore it.
    let former = fields
    fields = Self.list(["Expect:"] + request.fields.map(Self.line))
    ccurl_set_list(easy, CURLOPT_HTTPHEADER, fields)
    ccurl_slist_free_all(former)
    setMethod(request)
    setCallbacks(owner)
    known = request
    known?.body = nil
    bodyBytes = request.body?.count
  }

  private func setAddress(_ url: HTTPURL) throws(HTTPError) {
    // libcurl wrote the text itself, so it can be read but for want of memory.
    guard ccurl_url_set(parts, CURLUPART_URL, url.text, 0) == CURLUE_OK else { throw .noMemory(for: url) }
    ccurl_set_pointer(easy, CURLOPT_CURLU, UnsafeRawPointer(parts))
  }

  /// "Name: value", or libcurl's form for a header without a value.
  private static func line(_ field: HTTPField) -> String {
    field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
  }

  private static func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = ccurl_slist_append(list, line) }
    return list
  }

  private func setMethod(_ request: HTTPRequest) {
    if request.method == "HEAD" {
      ccurl_set_long(easy, CURLOPT_NOBODY, 1)
    } else if request.method != (request.body == nil ? "GET" : "POST") {
      ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func setBody(_ body: [UInt8]) {
    bodyBytes = body.count
    ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    _ = body.withUnsafeBytes { bytes in
      // An empty array may have no address, and null means something else to libcurl.
      ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(detail))
    }
  }

  /// Each time: libcurl takes the list with a request's beginning, keeps that of one which was given up
  /// before, also beyond a reset, and another handle may have changed the addresses meanwhile.
  private func setNames(_ request: HTTPRequest, _ addresses: [String]) {
    if addresses.isEmpty, self.addresses.isEmpty { return }
    let former = names
    if !addresses.isEmpty {
      let joined = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
      names = Self.list(["\(request.url.host):\(request.url.port):\(joined)"])
    } else {
      names = nil
    }
    self.addresses = addresses
    ccurl_set_list(easy, CURLOPT_RESOLVE, names)
    ccurl_slist_free_all(former)
  }

  private func setCallbacks(_ owner: HTTPTransfers) {
    let me = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, me)
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me)
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, me)
    ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
      HTTPHandle.from(me!).transfer?.receiveLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
        ?? 0
    }
    ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
      HTTPHandle.from(me!).transfer?.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        ?? 0
    }
    ccurl_set_sockets(
      easy,
      { me, _, address in
        let fd = ccurl_open(address)
        if fd >= 0 { HTTPTransfers.from(me!).onForgotten?(fd) }
        return fd
      },
      { me, fd in
        HTTPTransfers.from(me!).onForgotten?(fd)
        return ccurl_close(fd)
      }, Unmanaged.passUnretained(owner).toOpaque())
  }
}
