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

  @Test func aServerThatSpeaksNoTLSIsSaidSo() async throws {
    let plain = try TestServer()
    let result = try await fetch(try HTTPURL("https://127.0.0.1:\(plain.port)/echo"), HTTPTrust())
    #expect(isInsecure(result), "\(result)")
  }
}
