// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPClient
import HTTPTransport
import Loop
import Posix
import TestSupport
import Testing
import Time

/// TLS against a real server with a certificate of its own, made for each run.
@Suite struct SecureTests {
  let directory: TemporaryDirectory
  let server: TestServer

  init() throws {
    directory = TemporaryDirectory()
    let (key, certificate) = (directory.file("key.pem"), directory.file("certificate.pem"))
    let made = system(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        + " -addext subjectAltName=DNS:localhost -keyout \(key) -out \(certificate) 2>/dev/null")
    try #require(made == 0)
    server = try TestServer(certificate: certificate, key: key)
  }

  private func fetch(_ url: HTTPURL, _ trust: HTTPTrust) async throws -> Result<HTTPResponse, HTTPError> {
    var request = HTTPRequest(url)
    request.trust = trust
    request.connectTimeout = .seconds(20)
    return try await onLoop { [request] in
      do throws(HTTPError) {
        let deadline = LoopActor.shared.loop.now + .seconds(20)
        return .success(try await HTTPSession.shared.fetch(request, until: deadline))
      } catch { return .failure(error) }
    }
  }

  private func isInsecure(_ result: Result<HTTPResponse, HTTPError>) -> Bool {
    guard case .failure(let error) = result, case .insecure = error.reason else { return false }
    return "\(error)".contains("certificate")
  }

  @Test func aCertificateIsBelievedOnlyFromItsAuthorityForItsNameAndWithItsKey() async throws {
    let authority = HTTPTrust(authorityFile: directory.file("certificate.pem"))
    let byName = try server.url("/echo", host: "localhost")
    #expect(try await fetch(byName, authority).get().head.status == 200)
    #expect(isInsecure(try await fetch(byName, HTTPTrust())))
    #expect(isInsecure(try await fetch(server.url("/echo"), authority)))
    var pinned = authority
    pinned.pinnedKey = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    #expect(isInsecure(try await fetch(byName, pinned)))
    #expect(isInsecure(try await fetch(byName, HTTPTrust(authorityFile: directory.file("absent.pem")))))
  }

  /// Nobody listens at the first address: what is read is read before a connection needs it.
  @Test func theCertificatesOfAnAuthorityAreReadBeforeTheFirstConnectionAndKept() async throws {
    let authority = HTTPTrust(authorityFile: directory.file("certificate.pem"))
    let away = try await fetch(try HTTPURL("https://localhost:9/echo"), authority)
    guard case .failure(let error) = away, case .unreachable = error.reason else {
      Issue.record("\(away)")
      return
    }
    try #require(unlink(directory.file("certificate.pem")) == 0)
    #expect(try await fetch(server.url("/echo", host: "localhost"), authority).get().head.status == 200)
  }

  @Test func moreAuthoritiesThanTheLimitTakeThePlacesOfIdleOnes() async throws {
    let files = try (0..<4).map { index in
      let file = directory.file("authority \(index).pem")
      try #require(system("cp \(directory.file("certificate.pem")) '\(file)'") == 0)
      return file
    }
    let url = try server.url("/echo", host: "localhost")
    let statuses = try await onLoop {
      var limits = HTTPSession.Limits()
      limits.authoritiesMax = 2
      let session = HTTPSession(limits: limits)
      var statuses: [Int] = []
      for file in files + files {
        var request = HTTPRequest(url)
        request.trust.authorityFile = file
        request.connectTimeout = .seconds(20)
        statuses.append(
          try await session.fetch(request, until: LoopActor.shared.loop.now + .seconds(20)).head.status)
      }
      return statuses
    }
    #expect(statuses == Array(repeating: 200, count: 8))
  }

  @Test func anAuthorityForWhomThereIsNoPlaceIsRefused() async throws {
    let url = try server.url("/late", host: "localhost")
    let error = try await onLoop {
      var limits = HTTPSession.Limits()
      limits.authoritiesMax = 1
      let session = HTTPSession(limits: limits)
      let until = LoopActor.shared.loop.now + .seconds(20)
      var request = HTTPRequest(url)
      request.trust.authorityFile = directory.file("certificate.pem")
      let first = session.start(
        request, until: until, HTTPCall.Handlers(head: { _ in }, body: { _ in .more }, end: { _ in }))
      request.trust.authorityFile = nil
      let error = await thrown(HTTPError.self) { [request] in try await session.fetch(request, until: until) }
      first.cancel()
      return error
    }
    #expect(error?.reason == .refused("requests are on their way that believe 1 different authorities"))
  }

  @Test func aServerThatSpeaksNoTLSIsSaidSo() async throws {
    let plain = try TestServer()
    let result = try await fetch(try HTTPURL("https://127.0.0.1:\(plain.port)/echo"), HTTPTrust())
    #expect(isInsecure(result), "\(result)")
  }
}
