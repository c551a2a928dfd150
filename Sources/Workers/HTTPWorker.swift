// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Intents
import JSON
import Loop
import Time

/// Where and how a worker that speaks HTTP is reached.
public struct HTTPWorkerSettings: Sendable {
  /// Its address, with a path in front of the protocol's own where it has one.
  public var url: HTTPURL
  /// Sent with each request: the key. Never logged.
  public var fields: [HTTPField] = []
  public var trust = HTTPTrust()
  public var proxy: String?
  public var connectTimeout = Duration.seconds(1)
  /// Of an answer, images and sounds included.
  public var answerMaxBytes = 32 << 20

  public init(_ url: HTTPURL) { self.url = url }

  /// The same with the first of the endings that its address has taken off: people write addresses with
  /// and without what the protocol adds.
  func without(_ endings: String...) throws(HTTPError) -> HTTPWorkerSettings {
    var base = url.withoutSlash
    if let ending = endings.first(where: { base.hasSuffix($0) }) { base.removeLast(ending.count) }
    var settings = self
    settings.url = try HTTPURL(base)
    return settings
  }
}

/// A worker that speaks HTTP in one of the dialects.
@LoopActor public final class HTTPWorker: Worker {
  /// Of an error's text, bytes at most.
  nonisolated static var errorMaxBytes: Int { 4096 }

  public let name: String
  let settings: HTTPWorkerSettings
  let dialect: any HTTPDialect
  private let session: HTTPSession
  /// The address without a slash at its end: what the paths are appended to.
  private let base: String
  /// How many requests its server does at a time, once that has told it; asked anew after it was dead.
  private var slots: Int?
  /// By the dialect's paths: parsing an address costs as much as a tenth of a request.
  private var urls: [String: HTTPURL] = [:]

  init(_ name: String, _ settings: HTTPWorkerSettings, _ dialect: any HTTPDialect, _ session: HTTPSession?) {
    self.name = name
    self.settings = settings
    self.dialect = dialect
    self.session = session ?? .shared
    base = settings.url.withoutSlash
  }

  public func call(_ request: WorkerRequest, _ events: @escaping WorkerEvent.Handler) -> any WorkerCall {
    var request = request
    // A worker is also asked by its own name, or by a pool's: its server knows neither. A node has pools too.
    if let model = request.intent.model,
      model == name || (model.hasPrefix("$") && !(dialect is MtorDialect))
    {
      request.intent.model = nil
    }
    let call = HTTPWorkerCall(self, request.intent.model, events)
    let budget = request.deadline - LoopActor.shared.loop.now
    do throws(DialectError) {
      let ask = try dialect.ask(request, budget: budget)
      let sent = try self.request(ask.path, ask.method, ask.fields, ask.body)
      call.start(session, sent, until: request.deadline)
    } catch { call.failSoon(error) }
    return call
  }

  public func probe(until deadline: Instant) async -> ProbeResult {
    do throws(DialectError) {
      for (index, path) in dialect.probePaths.enumerated() {
        let request = try request(path, "GET", [], nil)
        let response: HTTPResponse
        do throws(HTTPError) {
          response = try await session.fetch(request, until: deadline)
        } catch { throw DialectError(error) }
        switch response.head.status {
        case 404, 405: continue
        case 200..<300:
          let answer = try? JSONText.value(response.body)
          var capabilities = dialect.capabilities(index, answer)
          if slots == nil, let path = dialect.slotsPath(answer) {
            slots = await countSlots(path, until: deadline)
          }
          capabilities.slots = capabilities.slots ?? slots
          return .alive(capabilities)
        case 429, 503: return .busy
        case let status:
          let error = HTTPRefusal(status, response.body).error(askedFor: nil)
          throw DialectError(status < 500 ? .misconfigured : error.kind, "\(path): \(error.text)")
        }
      }
      // It speaks HTTP, and has none of the paths that tell more.
      return .alive(Capabilities())
    } catch {
      slots = nil
      return .dead(WorkerFailure(worker: name, error.kind, error.text))
    }
  }

  private func countSlots(_ path: String, until deadline: Instant) async -> Int? {
    guard let request = try? request(path, "GET", [], nil),
      let response = try? await session.fetch(request, until: deadline), response.head.isSuccess
    else { return nil }
    return dialect.slots(try? JSONText.value(response.body)).flatMap { $0 > 0 ? $0 : nil }
  }

  private func url(_ path: String) throws(HTTPError) -> HTTPURL {
    if let known = urls[path] { return known }
    let url = try HTTPURL(base + path)
    urls[path] = url
    return url
  }

  private func request(
    _ path: String, _ method: String, _ fields: [HTTPField], _ body: [UInt8]?
  ) throws(DialectError) -> HTTPRequest {
    do throws(HTTPError) {
      var request = HTTPRequest(
        try url(path), method: method, fields: settings.fields.isEmpty ? fields : settings.fields + fields,
        body: body)
      request.trust = settings.trust
      request.proxy = settings.proxy
      request.connectTimeout = settings.connectTimeout
      request.responseMaxBytes = settings.answerMaxBytes
      return request
    } catch { throw DialectError(error) }
  }
}

/// A request under way to such a worker. Ends once.
@LoopActor private final class HTTPWorkerCall: WorkerCall {
  private let worker: HTTPWorker
  /// The model that was asked for.
  private let model: String?
  private var events: WorkerEvent.Handler?
  private var call: HTTPCall?
  /// 0 before the answer's head.
  private var status = 0
  private var retryAfter: Duration?
  private var reader: (any AnswerReader)?
  private var errorBody: [UInt8] = []

  init(_ worker: HTTPWorker, _ model: String?, _ events: @escaping WorkerEvent.Handler) {
    self.worker = worker
    self.model = model
    self.events = events
  }

  func start(_ session: HTTPSession, _ request: HTTPRequest, until deadline: Instant) {
    call = session.start(
      request, until: deadline,
      HTTPCall.Handlers(
        head: { [self] in receive($0) }, body: { [self] in receive($0) }, end: { [self] in finish($0) }))
  }

  func cancel() {
    events = nil
    call?.cancel()
    call = nil
  }

  func failSoon(_ error: DialectError) {
    LoopActor.shared.loop.post { [self] in fail(error) }
  }

  private func receive(_ head: HTTPHead) {
    (status, retryAfter) = (head.status, head.retryAfter)
    guard head.isSuccess else { return }
    reader = worker.dialect.reader(head)
    events?(.started)
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) -> HTTPTransfer.Flow {
    guard reader != nil else {
      errorBody.append(contentsOf: bytes.prefix(HTTPWorker.errorMaxBytes - errorBody.count))
      return .more
    }
    do throws(DialectError) {
      if let piece = try reader?.receive(bytes) { events?(.piece(piece)) }
    } catch { fail(error) }
    return .more
  }

  private func finish(_ result: Result<HTTPTimings, HTTPError>) {
    call = nil
    do throws(DialectError) {
      if case .failure(let error) = result { throw DialectError(error) }
      guard var reader else { throw HTTPRefusal(status, errorBody).error(askedFor: model) }
      end(.success(try reader.end()))
    } catch { fail(error) }
  }

  private func fail(_ error: DialectError) {
    end(.failure(WorkerFailure(worker: worker.name, error.kind, error.text, retryAfter: retryAfter)))
  }

  private func end(_ result: Result<Payload, WorkerFailure>) {
    guard let events else { return }
    self.events = nil
    call?.cancel()
    call = nil
    events(.ended(result))
  }
}

extension HTTPURL {
  fileprivate var withoutSlash: String {
    var base = text[...]
    while base.hasSuffix("/") { base = base.dropLast() }
    return String(base)
  }
}

extension DialectError {
  init(_ error: HTTPError) {
    let kind: WorkerFailure.Kind
    switch error.reason {
    case .unresolved, .unreachable, .insecure: kind = .unreachable
    case .expired(.name), .expired(.connect): kind = .unreachable
    case .expired: kind = .timeout
    case .closed, .cancelled: kind = .broken
    case .malformed, .tooLarge, .redirected: kind = .malformed
    case .invalid: kind = .unsupported
    case .refused: kind = .busy
    }
    self.init(kind, "\(error)")
  }
}
