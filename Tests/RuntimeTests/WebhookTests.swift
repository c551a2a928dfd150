// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import HTTPClient
import HTTPServer
import HTTPTransport
import JSON
import Loop
import Posix
import TestSupport
import Testing
import Time

@testable import Runtime

/// Automations that are started by HTTP: with libcurl, and by whoever sends anything else.
@Suite(.serialized) struct WebhookTests {
  private static let token = "0123456789abcdef0123"

  // MARK: Who may

  static let calls: [(String, String, String?, String, WebhookGate.Verdict)] = {
    let good = "Bearer \(token)"
    let refusal = "Authorization: Bearer with the token of this webhook is wanted"
    return [
      ("POST", "/webhooks/parcel", good, #"{"a": 1}"#, .call("parcel", ["a": 1])),
      ("POST", "/webhooks/parcel", "bearer \(token)", "", .call("parcel", [:])),
      ("POST", "/webhooks/parcel", nil, "", .refuse(status: 401, refusal)),
      ("POST", "/webhooks/parcel", "Bearer", "", .refuse(status: 401, refusal)),
      ("POST", "/webhooks/parcel", "Basic \(token)", "", .refuse(status: 401, refusal)),
      ("POST", "/webhooks/parcel", good + "4", "", .refuse(status: 401, refusal)),
      ("POST", "/webhooks/parcel", good.dropLast().description, "", .refuse(status: 401, refusal)),
      // One that is not there, and one that is another's.
      ("POST", "/webhooks/none", good, "", .refuse(status: 401, refusal)),
      ("POST", "/webhooks/post", good, "", .refuse(status: 401, refusal)),
      ("POST", "/webhooks/", good, "", .refuse(status: 401, refusal)),
      ("GET", "/webhooks/parcel", good, "", .refuse(status: 405, "a webhook is called with POST")),
      ("POST", "/", good, "", .refuse(status: 404, "there is nothing here")),
      ("POST", "/webhooks/parcel", good, "[1]", .refuse(status: 400, "what is told must be a JSON object")),
    ]
  }()

  @Test(arguments: calls.indices) func aCallIsJudged(index: Int) {
    let (method, path, authorization, body, verdict) = Self.calls[index]
    var gate = WebhookGate()
    let taken = [
      gate.set("parcel", token: Self.token), gate.set("post", token: "another token of its own"),
      gate.set("short", token: "0123456789abcde"),
    ]
    #expect(taken == [true, true, false])
    let request = HTTPServer.Request(
      method: method, path: path, authorization: authorization, body: Array(body.utf8))
    #expect(gate.judge(request) == verdict)
  }

  @Test func noJSONIsToldWithItsPlace() {
    var gate = WebhookGate()
    _ = gate.set("parcel", token: Self.token)
    let request = HTTPServer.Request(
      method: "POST", path: "/webhooks/parcel", authorization: "Bearer \(Self.token)", body: [0x7B])
    guard case .refuse(400, let text) = gate.judge(request) else {
      Issue.record("it was taken")
      return
    }
    #expect(text.hasPrefix("no JSON: "))
  }

  // MARK: A daemon

  private static let configuration = """
    board: sim
    speaker: {device: "off"}
    gpio:
      lamp: {output: GPIO5}
      porch: {output: GPIO6}
    webhooks:
      parcel: {token_file: FOLDER/token}
      late: {token_file: FOLDER/token}
    http: {listen: "tcp://127.0.0.1:0"}
    automations:
      parcel: {on: webhook.parcel, if: event.from == 'shop', do: {set: lamp, to: on}}
      waits: {on: command.wait, do: [{await: webhook.late, timeout: 1min}, {set: porch, to: on}]}
    commands: {wait: please wait}
    """

  @Test func aServerWithoutASocketIsNotStarted() throws {
    let null = try FileDescriptor.open("/dev/null", O_RDONLY).release()
    let error = thrown(HTTPServer.NotStarted.self) {
      _ = try HTTPServer(listening: null) { _ in HTTPServer.Response(200, "") }
    }
    #expect(error?.description.contains("no memory or no descriptor") == true)
  }

  private struct House {
    let directory = TemporaryDirectory()
    let test: TestDaemon

    init(_ change: (String) -> String = { $0 }) async throws {
      directory.write("token", "\(WebhookTests.token)\n")
      let text = change(WebhookTests.configuration.replacing("FOLDER", with: directory.path))
      test = try await onLoop { try TestDaemon(text) }
    }

    var endpoint: Endpoint? {
      get async throws { try await onLoop { [test] in test.daemon.webhooks.endpoint } }
    }

    func port() async throws -> UInt16 {
      guard case .tcp(_, let port)? = try await endpoint else { throw NotListening() }
      return port
    }

    /// What libcurl gets for a call.
    func call(
      _ name: String, _ body: String = "", token: String = WebhookTests.token, method: String = "POST"
    ) async throws -> HTTPResponse {
      let url = "http://127.0.0.1:\(try await port())/webhooks/\(name)"
      return try await onLoop {
        var request = HTTPRequest(try HTTPURL(url), method: method, body: Array(body.utf8))
        request.fields = [HTTPField("Authorization", "Bearer \(token)")]
        return try await HTTPSession.shared.fetch(request, until: LoopActor.shared.loop.now + .seconds(10))
      }
    }
  }

  private struct NotListening: Error {}

  @Test func aCallStartsItsAutomation() async throws {
    let house = try await House()
    let test = house.test
    #expect(try await house.call("parcel", #"{"from": "nobody"}"#).head.status == 202)
    #expect(try await onLoop { test.lines.isOn("lamp") } == false)
    let taken = try await house.call("parcel", #"{"from": "shop"}"#)
    #expect(taken.head.status == 202 && taken.text == #"{"ok":true}"#)
    #expect(try await onLoop { test.lines.isOn("lamp") } == true)
    let wrong = try await house.call("parcel", token: "another token of its own")
    #expect(wrong.head.status == 401 && wrong.text.contains("error"))
    #expect(try await house.call("parcel", "{", token: Self.token).head.status == 400)
    #expect(try await house.call("parcel", method: "PUT").head.status == 405)
    try await onLoop { await test.daemon.stop() }
    #expect(try await house.endpoint == nil)
  }

  @Test func aCallIsTakenWhileSomeRunWaitsForIt() async throws {
    let house = try await House()
    let test = house.test
    #expect(try await house.call("late").head.status == 409)
    try await onLoop { test.daemon.automations.fire(.command("wait"), exchange: test.daemon.exchange(nil)) }
    #expect(try await house.call("late").head.status == 202)
    #expect(try await onLoop { test.lines.isOn("porch") } == true)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func aReloadClosesOpensAndChangesTokens() async throws {
    let house = try await House()
    let test = house.test
    let port = try await house.port()
    house.directory.write("token", "another token of its own\n")
    let settings = try await onLoop { test.daemon.settings }
    try await onLoop { try await test.daemon.reload(settings) }
    #expect(try await house.port() == port)
    #expect(try await house.call("parcel").head.status == 401)
    let none = Self.configuration.replacing("FOLDER", with: house.directory.path)
      .replacing("webhooks:\n  parcel: {token_file: \(house.directory.path)/token}\n", with: "")
      .replacing("  late: {token_file: \(house.directory.path)/token}\n", with: "")
    let without = try ConfigurationReader().read(text: none, name: "test.yml")
    #expect(without.webhooks.isEmpty)
    try await onLoop { try await test.daemon.reload(without) }
    #expect(try await house.endpoint == nil)
    try await onLoop { try await test.daemon.reload(settings) }
    #expect(try await house.endpoint != nil)
    try await onLoop { await test.daemon.stop() }
  }

  @Test(arguments: ["", "short"]) func withoutAGoodTokenNobodyMayCall(token: String) async throws {
    let house = try await House()
    let test = house.test
    house.directory.write("token", token)
    let settings = try await onLoop { test.daemon.settings }
    try await onLoop { try await test.daemon.reload(settings) }
    #expect(try await house.call("parcel", token: token).head.status == 401)
    try await onLoop { await test.daemon.stop() }
  }

  // MARK: Anything else

  @Test func aBodyThatIsTooBigIsRefusedOrCutOff() async throws {
    let house = try await House()
    let test = house.test
    let body = #"{"from": "\#(String(repeating: "x", count: 70_000))"}"#
    let told = try await house.call("parcel", body)
    #expect(told.head.status == 413)
    // Far too big: it is answered before it is sent, or cut off where its length is not told.
    let huge = "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"
    #expect(try await raw(house.port(), huge).contains(" 413 "))
    let head = "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let chunk = "4000\r\n\(String(repeating: "x", count: 0x4000))\r\n"
    let answer = try await raw(house.port(), head + String(repeating: chunk, count: 80))
    #expect(answer == "")
    #expect(try await house.call("parcel", #"{"from": "shop"}"#).head.status == 202)
    try await onLoop { await test.daemon.stop() }
  }

  static let noise = [
    "\r\n\r\n", "GET\r\n\r\n", "POST /webhooks/parcel HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n",
    "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "POST /webhooks/../etc HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%00%ff HTTP/1.0\r\n\r\n",
    "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 40_000))\r\n\r\n",
  ]

  @Test func noiseStartsNothingAndTheNextCallIsServed() async throws {
    let house = try await House()
    let test = house.test
    let port = try await house.port()
    for text in Self.noise {
      let answer = try await raw(port, text)
      #expect(!answer.contains(" 202 ") && !answer.contains(" 200 "), "\(text.prefix(40)): \(answer)")
    }
    #expect(try await onLoop { test.lines.isOn("lamp") } == false)
    #expect(try await house.call("parcel", #"{"from": "shop"}"#).head.status == 202)
    try await onLoop { await test.daemon.stop() }
  }

  @Test func connectionsAreLimitedAndSilentOnesEnd() async throws {
    var limits = HTTPServer.Limits()
    limits.silenceMaxSeconds = 1
    limits.connectionsPerAddressMax = 4
    let directory = TemporaryDirectory()
    directory.write("token", Self.token)
    var settings = Settings()
    var webhook = WebhookSettings(name: "parcel")
    webhook.tokenFile = directory.file("token")
    settings.webhooks = [webhook]
    settings.http.listen = .tcp(host: "127.0.0.1", port: 0)
    let server = try await onLoop { [limits, settings] in
      let server = WebhookServer(limits: limits)
      server.onCall = { _, _ in true }
      server.apply(settings)
      return server
    }
    let endpoint = try await onLoop { server.endpoint }
    guard case .tcp(_, let port)? = endpoint else { throw NotListening() }
    let idle = (0..<4).map { _ in connection(port) }
    // One more is closed at once; the silent ones after a second.
    #expect(try await raw(port, "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\n\r\n") == "")
    try await onThread {
      for fd in idle {
        var byte: UInt8 = 0
        #expect(read(fd, &byte, 1) == 0)
        close(fd)
      }
    }
    // The server has closed them, but may not have counted that yet.
    var answer = ""
    for _ in 0..<1000 where answer.isEmpty {
      try await onLoop { try await LoopActor.shared.loop.sleep(for: .milliseconds(5)) }
      answer = try await raw(port, "POST /webhooks/parcel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    }
    #expect(answer.contains(" 401 "))
    try await onLoop { server.stop() }
  }

  @Test func anAddressThatIsTakenIsTriedAgain() async throws {
    let first = try await House()
    let port = try await first.port()
    let second = try await House { $0.replacing("127.0.0.1:0", with: "127.0.0.1:\(port)") }
    #expect(try await second.endpoint == nil)
    try await onLoop { [test = second.test] in await test.daemon.stop() }
    #expect(try await first.call("parcel", #"{"from": "shop"}"#).head.status == 202)
    try await onLoop { [test = first.test] in await test.daemon.stop() }
  }

  private func connection(_ port: UInt16) -> Int32 {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    precondition(connected == 0, "no connection to port \(port)")
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return fd
  }

  /// Sends bytes, says that these are all, and reads what comes until the other side closes.
  private func raw(_ port: UInt16, _ text: String) async throws -> String {
    try await onThread { exchange(port, text) }
  }

  private func exchange(_ port: UInt16, _ text: String) -> String {
    let fd = connection(port)
    defer { close(fd) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { break }
      bytes = bytes.dropFirst(count)
    }
    shutdown(fd, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(fd, &buffer, buffer.count)
      if count <= 0 { return String(decoding: answer, as: UTF8.self) }
      answer += buffer[..<count]
    }
  }
}
