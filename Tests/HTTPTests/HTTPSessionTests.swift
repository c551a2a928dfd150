// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import HTTPTransport
import Loop
import Posix
import TestSupport
import Testing
import Time

/// Requests to a real server that answers well, or in every bad way.
@Suite(.serialized) struct HTTPSessionTests {
  private static let shared = Result { try TestServer() }
  let server: TestServer

  init() throws { server = try Self.shared.get() }

  private func fetch(
    _ path: String, method: String = "GET", fields: [HTTPField] = [], body: [UInt8]? = nil,
    within limit: Duration = .seconds(20), change: (inout HTTPRequest) -> Void = { _ in }
  ) async throws -> Result<HTTPResponse, HTTPError> {
    var request = try HTTPRequest(server.url(path), method: method, fields: fields, body: body)
    request.connectTimeout = .seconds(20)
    change(&request)
    return try await onLoop { [request] in
      let deadline = LoopActor.shared.loop.now + limit
      do throws(HTTPError) {
        return .success(try await HTTPSession.shared.fetch(request, until: deadline))
      } catch { return .failure(error) }
    }
  }

  @Test func methodHeadersQueryAndBodyArriveAndComeBack() async throws {
    let bytes = [UInt8]("körper\u{0}".utf8)
    let response = try await fetch(
      "/echo?a=1&b=%20", method: "PUT", fields: [HTTPField("Authorization", "Bearer s3cret")], body: bytes
    ).get()
    #expect(response.head.status == 200)
    #expect(response.body == bytes)
    #expect(response.head["x-method"] == "PUT")
    #expect(response.head["X-SEEN"] == "Bearer s3cret")
    #expect(response.head["X-Query"] == "a=1&b=%20")
    #expect(response.timings.total > .zero)
  }

  @Test(arguments: ["GET", "POST", "HEAD", "DELETE"])
  func anEmptyBodyIsFineWithEachMethod(_ method: String) async throws {
    let response = try await fetch("/echo", method: method, body: method == "POST" ? [] : nil).get()
    #expect(response.head["X-Method"] == method)
    #expect(response.body.isEmpty)
  }

  @Test func aConnectionIsUsedAgain() async throws {
    let first = try await fetch("/peer").get().text
    let second = try await fetch("/peer").get().text
    #expect(first == second)
  }

  @Test func aLargeBodyComesWhole() async throws {
    let response = try await fetch("/large?8388608").get()
    #expect(response.body.count == 8_388_608)
    #expect(response.body[257] == 1)
  }

  @Test func aLargeBodyIsHandedOnInPortions() async throws {
    let request = try HTTPRequest(server.url("/large?8388608"))
    let largest = try await onLoop {
      let loop = LoopActor.shared.loop
      let session = HTTPSession()
      // What was received in which handler of the loop.
      var portions: [UInt64: Int] = [:]
      var call: HTTPCall?
      try await loop.wait(on: "a large body", until: loop.now + .seconds(60)) { (waiter: Waiter<Void>) in
        call = session.start(
          request, until: loop.now + .seconds(60),
          HTTPCall.Handlers(
            head: { _ in },
            body: {
              let metrics = loop.metrics
              portions[metrics.eventsHandled + metrics.timersFired, default: 0] += $0.count
              return .more
            },
            end: { _ in waiter.resume(returning: ()) }))
      }
      call?.cancel()
      #expect(portions.values.reduce(0, +) == 8_388_608)
      return portions.values.max() ?? 0
    }
    // The last piece of a portion may be libcurl's largest.
    #expect(largest < HTTPCall.turnMaxBytes + 64 << 10)
  }

  @Test func statusesAreAnswersAndTellWhenToComeBack() async throws {
    let busy = try await fetch("/busy").get()
    #expect(busy.head.status == 503)
    #expect(busy.head.retryAfter == .seconds(7))
    #expect(busy.text == "busy")
    let later = try await fetch("/date").get()
    #expect(later.head.retryAfter.map { $0 > .seconds(3600) } == true)
    #expect(try await fetch("/unknown").get().head.status == 404)
  }

  @Test func aTemporaryRedirectKeepsMethodAndBody() async throws {
    let response = try await fetch("/moved", method: "POST", body: [1, 2, 3]).get()
    #expect(response.head.status == 200)
    #expect(response.head["X-Method"] == "POST")
    #expect(response.body == [1, 2, 3])
  }

  @Test(arguments: ["/away", "/round"])
  func aRedirectToAnotherOriginOrForEverIsNotFollowed(_ path: String) async throws {
    let result = try await fetch(path)
    guard case .failure(let error) = result, case .redirected = error.reason else {
      Issue.record("\(result)")
      return
    }
  }

  /// What the server does, and what is said about it.
  static let faults: [(String, String)] = [
    ("/mute", "expired(waiting for the response)"), ("/slow", "expired(receiving the response)"),
    ("/stall", "expired(receiving the response)"), ("/reset", "closed"), ("/cut", "closed"),
    ("/garbage", "malformed"), ("/nothing", "closed"), ("/endless", "tooLarge"), ("/headers", "tooLarge"),
  ]

  @Test(arguments: faults)
  func eachFaultEndsTheRequestWithItsReason(_ path: String, _ expected: String) async throws {
    // On a busy machine a request may expire before the server has come to its fault: longer each time.
    var limit: Duration = expected.hasPrefix("expired") ? .milliseconds(300) : .seconds(20)
    var result = try await attempt()
    while case .failure(let error) = result, case .expired = error.reason,
      Self.kind(error.reason) != expected, limit < .seconds(20)
    {
      limit *= 4
      result = try await attempt()
    }
    func attempt() async throws -> Result<HTTPResponse, HTTPError> {
      try await fetch(path, within: limit) { $0.responseMaxBytes = 1 << 20 }
    }
    guard case .failure(let error) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(Self.kind(error.reason) == expected, "\(error)")
    #expect("\(error)".contains(path))
  }

  private static func kind(_ reason: HTTPError.Reason) -> String {
    switch reason {
    case .invalid: "invalid"
    case .unresolved: "unresolved"
    case .unreachable: "unreachable"
    case .insecure: "insecure"
    case .closed: "closed"
    case .malformed: "malformed"
    case .tooLarge: "tooLarge"
    case .expired(let stage): "expired(\(stage.rawValue))"
    case .redirected: "redirected"
    case .cancelled: "cancelled"
    case .refused: "refused"
    }
  }

  @Test func aPortWhereNobodyListensIsSaidAtOnce() async throws {
    let nobody = try HTTPURL("http://127.0.0.1:9/echo")
    let result = try await fetch("/echo") { $0.url = nobody }
    guard case .failure(let error) = result, case .unreachable = error.reason else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func aHeaderWithALineBreakIsNotSent() async throws {
    let result = try await fetch("/echo", fields: [HTTPField("X-Name", "a\r\nX-Other: b")])
    guard case .failure(let error) = result, case .invalid = error.reason else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func aStreamIsHandedOnAsItComes() async throws {
    let request = try HTTPRequest(server.url("/stream"))
    let pieces = try await onLoop {
      var pieces: [String] = []
      let loop = LoopActor.shared.loop
      try await loop.wait(on: "stream", until: loop.now + .seconds(20)) { (waiter: Waiter<Void>) in
        _ = HTTPSession.shared.start(
          request, until: loop.now + .seconds(20),
          HTTPCall.Handlers(
            head: { pieces.append("\($0.status)") },
            body: {
              pieces.append(String(decoding: $0, as: UTF8.self))
              return .more
            },
            end: { _ in waiter.resume(returning: ()) }))
      }
      return pieces
    }
    #expect(pieces.first == "200")
    #expect(pieces.count >= 3)
    #expect(pieces.dropFirst().joined() == (0..<5).map { "data: \($0)\n\n" }.joined())
  }

  @Test func aPausedBodyMakesTheServerWaitAndComesWholeAfterwards() async throws {
    let request = try HTTPRequest(server.url("/large?16777216"))
    let (whilePaused, total) = try await onLoop {
      let loop = LoopActor.shared.loop
      var received = 0
      var isPaused = false
      var call: HTTPCall?
      var paused = 0
      try await loop.wait(on: "body", until: loop.now + .seconds(20)) { (waiter: Waiter<Void>) in
        call = HTTPSession.shared.start(
          request, until: loop.now + .seconds(20),
          HTTPCall.Handlers(
            head: { _ in },
            body: {
              if received > 1 << 20, !isPaused {
                isPaused = true
                paused = received
                _ = loop.after(.milliseconds(50), name: "resume") {
                  paused = received - paused
                  call?.resume()
                }
                return .pause
              }
              received += $0.count
              return .more
            },
            end: { _ in waiter.resume(returning: ()) }))
      }
      // Its handlers hold it.
      call = nil
      return (paused, received)
    }
    #expect(whilePaused == 0)
    #expect(total == 16_777_216)
  }

  @Test func aCancelledCallSaysNothingMore() async throws {
    let request = try HTTPRequest(server.url("/slow"))
    let (heard, left) = try await onLoop {
      let loop = LoopActor.shared.loop
      let session = HTTPSession()
      var heard = 0
      let call = session.start(
        request, until: loop.now + .milliseconds(200),
        HTTPCall.Handlers(
          head: { _ in }, body: { _ in .more }, end: { _ in heard += 1 }))
      call.cancel()
      try await loop.sleep(for: .milliseconds(300))
      return (heard, session.count)
    }
    #expect(heard == 0)
    #expect(left == 0)
  }

  /// A request with a name is given up before libcurl has looked at it; its handle serves one with a number.
  @Test func whatIsGivenUpBeforeItBeganLeavesNothingToTheNext() async throws {
    let server = server
    let statuses = try await onLoop {
      let loop = LoopActor.shared.loop
      let session = HTTPSession()
      let names = HTTPRequest(try server.url("/echo", host: "localhost"))
      _ = try await session.fetch(names, until: loop.now + .seconds(20))
      var statuses: [Int] = []
      for _ in 0..<20 {
        session.start(
          names, until: loop.now + .seconds(20),
          HTTPCall.Handlers(head: { _ in }, body: { _ in .more }, end: { _ in })
        ).cancel()
        let response = try await session.fetch(
          HTTPRequest(server.url("/echo")), until: loop.now + .seconds(20))
        statuses.append(response.head.status)
      }
      return statuses
    }
    #expect(statuses == Array(repeating: 200, count: 20))
  }

  struct Asked: Sendable {
    var method = "POST"
    var fields: [HTTPField] = []
    var body: String?
  }

  /// Each differs from the one before it in something that libcurl keeps.
  private static let asked = [
    Asked(body: "one"), Asked(body: "another"), Asked(body: ""), Asked(method: "GET"),
    Asked(fields: [HTTPField("Authorization", "me")], body: "mine"), Asked(body: "nobody's"),
    Asked(body: String(repeating: "long", count: 5000)), Asked(body: "short"),
    Asked(method: "PUT", body: "put"),
    Asked(method: "DELETE"), Asked(method: "GET"), Asked(body: "last"), Asked(body: "very last"),
  ]

  @Test func whatIsKeptOfARequestDoesNotShowInTheNext() async throws {
    let server = server
    let answers = try await onLoop {
      let session = HTTPSession()
      var answers: [HTTPResponse] = []
      for asked in Self.asked + Self.asked.reversed() {
        let request = HTTPRequest(
          try server.url("/echo"), method: asked.method, fields: asked.fields,
          body: asked.body.map { Array($0.utf8) })
        answers.append(try await session.fetch(request, until: LoopActor.shared.loop.now + .seconds(20)))
      }
      return answers
    }
    for (asked, answer) in zip(Self.asked + Self.asked.reversed(), answers) {
      #expect(answer.text == asked.body ?? "" && answer.head["x-method"] == asked.method)
      #expect(answer.head["X-SEEN"] == asked.fields.first?.value ?? "none")
    }
  }

  @Test func connectionsAtWorkDoNotCountAsIdleOnes() async throws {
    let server = server
    let ports = try await onLoop {
      let loop = LoopActor.shared.loop
      var limits = HTTPSession.Limits()
      limits.connectionsMax = 1
      let session = HTTPSession(limits: limits)
      var busy = 0
      let calls = try (0..<3).map { _ in
        session.start(
          HTTPRequest(try server.url("/slow")), until: loop.now + .seconds(20),
          HTTPCall.Handlers(head: { _ in busy += 1 }, body: { _ in .more }, end: { _ in }))
      }
      while busy < 3 { try await loop.sleep(for: .milliseconds(1)) }
      var ports: [String] = []
      for _ in 0..<5 {
        ports.append(
          try await session.fetch(HTTPRequest(server.url("/peer")), until: loop.now + .seconds(20)).text)
      }
      for call in calls { call.cancel() }
      return ports
    }
    #expect(ports.count == 5 && Set(ports).count == 1, "\(ports)")
  }

  @Test func aConnectionThatTheServerEndsBetweenRequestsIsReplaced() async throws {
    let server = server
    let answers = try await onLoop {
      let loop = LoopActor.shared.loop
      let session = HTTPSession()
      var answers: [String] = []
      for index in 0..<20 {
        let request = HTTPRequest(try server.url("/leave"))
        answers.append(try await session.fetch(request, until: loop.now + .seconds(20)).text)
        // Its end is seen before the next request, or with it.
        if index % 2 == 0 { try await loop.sleep(for: .milliseconds(5)) }
      }
      return answers
    }
    #expect(answers == Array(repeating: "good-bye", count: 20))
  }

  /// A socket that was given up before it was connected is closed by libcurl without a word, and another
  /// connection gets its number.
  @Test func aSocketWithTheNumberOfOneThatWasGivenUpIsWatchedAsANewOne() async throws {
    let server = server
    let listener = try ListeningSocket.open(
      #require(SocketAddress(.tcp(host: "127.0.0.1", port: 0))), backlog: 0)
    let full = try #require(SocketAddress(listener.endpoint))
    let url = try HTTPURL("http" + "\(listener.endpoint)".dropFirst("tcp".count) + "/")
    // The queue holds one more than it was asked to: the first has its place, the second waits for it.
    let callers = (try Socket.connect(to: full).release(), try Socket.connect(to: full).release())
    let answer = try await onLoop {
      let loop = LoopActor.shared.loop
      let session = HTTPSession()
      for _ in 0..<3 {
        let request = HTTPRequest(url)
        await #expect {
          try await session.fetch(request, until: loop.now + .milliseconds(30))
        } throws: {
          ($0 as? HTTPError)?.reason == .expired(.connect)
        }
      }
      return try await session.fetch(HTTPRequest(server.url("/late")), until: loop.now + .seconds(20)).text
    }
    #expect(answer == "at last")
    for caller in [callers.0, callers.1] { FileDescriptor(owning: caller).close() }
  }

  /// For libcurl's handle with the one, for the parts of the address with the other.
  @Test(
    .enabled(if: !Instruments.isSanitized, "a sanitizer gives the memory itself"),
    arguments: [Instruments.Call.calloc, .realloc])
  func withoutMemoryARequestIsRefused(call: Instruments.Call) throws {
    let transfers = HTTPTransfers()
    let request = HTTPRequest(try HTTPURL("http://127.0.0.1:1/"))
    let error = thrown(HTTPError.self) {
      try Instruments.failing(call) { () throws(HTTPError) in
        try transfers.start(request, addresses: []) { _ in .more }
      }
    }
    #expect(error?.reason == .refused("no memory for a request"))
  }

  @Test func aFlowThatIsCancelledEndsItsRequest() async throws {
    let request = try HTTPRequest(server.url("/slow"))
    try await onLoop {
      let loop = LoopActor.shared.loop
      let session = HTTPSession()
      let flow = LoopActor.spawn("fetch") {
        try await session.fetch(request, until: loop.now + .seconds(20))
      }
      while session.count == 0 { try await loop.sleep(for: .milliseconds(1)) }
      flow.cancel()
      let error = await thrown(HTTPError.self) { try await flow.value }
      #expect(error?.reason == .cancelled)
      #expect(session.count == 0)
    }
  }

  @Test func moreCallsThanTheLimitAreRefusedAndTheOthersEnd() async throws {
    let request = try HTTPRequest(server.url("/peer"))
    let (well, refused) = try await onLoop {
      let loop = LoopActor.shared.loop
      var limits = HTTPSession.Limits()
      limits.callsMax = 50
      let session = HTTPSession(limits: limits)
      var (well, refused, left) = (0, 0, 80)
      try await loop.wait(on: "calls", until: loop.now + .seconds(20)) { (waiter: Waiter<Void>) in
        for _ in 0..<80 {
          _ = session.start(
            request, until: loop.now + .seconds(20),
            HTTPCall.Handlers(
              head: { _ in }, body: { _ in .more },
              end: { result in
                if case .success = result { well += 1 } else { refused += 1 }
                left -= 1
                if left == 0 { waiter.resume(returning: ()) }
              }))
        }
      }
      return (well, refused)
    }
    #expect(well == 50)
    #expect(refused == 30)
  }
}
