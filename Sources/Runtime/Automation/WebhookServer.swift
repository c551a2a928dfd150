// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import HTTPServer
import JSON
import Log
import Loop
import Posix
import Time

/// Serves the webhooks of the configuration on the loop; with none of these it does not listen.
@LoopActor final class WebhookServer {
  /// Pause after a failure to listen.
  static let retryAfter: Duration = .seconds(10)

  /// - Returns: some automation waits for it.
  var onCall: (@LoopActor (_ name: String, JSONObject) -> Bool)?

  private let limits: HTTPServer.Limits
  private let loop = LoopActor.shared.loop
  private let log = Logger("webhooks")
  private var gate = WebhookGate()
  private var wanted: Endpoint?
  private var server: HTTPServer?
  private var token: WatchToken?
  private var timer: TimerToken?
  private var retry: TimerToken?
  /// Where it listens.
  private(set) var endpoint: Endpoint?

  init(limits: HTTPServer.Limits = HTTPServer.Limits()) { self.limits = limits }

  /// Other webhooks from now on; their tokens are read anew.
  func apply(_ settings: Settings) {
    gate = WebhookGate()
    for webhook in settings.webhooks { read(webhook) }
    let new = settings.webhooks.isEmpty ? nil : settings.http.listen
    if new == wanted, server != nil || new == nil { return }
    close()
    wanted = new
    listen()
  }

  func stop() {
    wanted = nil
    close()
  }

  private func read(_ webhook: WebhookSettings) {
    do throws(SystemError) {
      let token = try TokenFile.token(webhook.tokenFile) ?? ""
      if gate.set(webhook.name, token: token) { return }
      let least = WebhookGate.tokenBytesMin
      log.error(
        "\(webhook.name) cannot be called: its token in \(webhook.tokenFile) has less than \(least) bytes")
    } catch { log.error("\(webhook.name) cannot be called: \(error)") }
  }

  private func listen() {
    guard let wanted else { return }
    do {
      guard let address = SocketAddress(wanted) else {
        return log.error("\(wanted) is no numeric address: no webhook can be called")
      }
      let socket = try ListeningSocket.open(address)
      let endpoint = socket.endpoint
      // Its own, since it closes it.
      let own = try Posix.retry("listen on \(wanted)") { fcntl(socket.descriptor.raw, F_DUPFD_CLOEXEC, 0) }
      let server = try HTTPServer(listening: own, limits: limits) { [unowned self] request in
        answer(request)
      }
      token = try loop.watch(server.descriptor, .read, name: "webhooks") { [unowned self] _ in run() }
      self.server = server
      self.endpoint = endpoint
      if log.settle("listen") { log.notice("webhooks can be called again") }
      log.info("webhooks: http\(String(endpoint.description.dropFirst(3)))\(WebhookGate.path)NAME")
      setTimer()
    } catch {
      log.once("listen", level: .error, every: .seconds(600), "webhooks cannot be called: \(error)")
      retry = loop.after(Self.retryAfter, name: "webhooks") { [unowned self] in
        retry = nil
        listen()
      }
    }
  }

  private func close() {
    for timer in [timer.take(), retry.take()] { if let timer { loop.cancel(timer) } }
    if let token = token.take() { loop.unwatch(token) }
    server = nil
    endpoint = nil
  }

  private func run() {
    server?.run()
    setTimer()
  }

  private func setTimer() {
    if let timer = timer.take() { loop.cancel(timer) }
    guard let milliseconds = server?.timeoutMS else { return }
    timer = loop.after(.milliseconds(milliseconds), name: "webhooks") { [unowned self] in
      timer = nil
      run()
    }
  }

  private func answer(_ request: HTTPServer.Request) -> HTTPServer.Response {
    switch gate.judge(request) {
    case .call(let name, let data):
      if onCall?(name, data) == true { return HTTPServer.Response(202, #"{"ok":true}"#) }
      return Self.refusal(409, "no automation has 'on: webhook.\(name)' now")
    case .refuse(let status, let text):
      if status == 401 { log.once("401", level: .warning, every: .seconds(60), "a call with a wrong token") }
      return Self.refusal(status, text)
    }
  }

  private static func refusal(_ status: Int, _ text: String) -> HTTPServer.Response {
    let body: JSONObject = ["error": .string(text)]
    return HTTPServer.Response(status, (try? JSONText.string(JSONValue.object(body))) ?? "{}")
  }
}
