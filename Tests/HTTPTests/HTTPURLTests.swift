// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import TestSupport
import Testing

@Suite struct HTTPURLTests {
  static let good: [(String, host: String, port: UInt16, origin: String)] = [
    ("http://worker", "worker", 80, "http://worker:80"),
    ("https://Worker.example/v1?key=x", "Worker.example", 443, "https://worker.example:443"),
    ("http://[::1]:8080/predict/", "::1", 8080, "http://::1:8080"),
    ("http://10.0.0.2:11434/api", "10.0.0.2", 11434, "http://10.0.0.2:11434"),
  ]

  @Test(arguments: good)
  func partsAreTakenApart(_ text: String, _ host: String, _ port: UInt16, _ origin: String) throws {
    let url = try HTTPURL(text)
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.origin == origin)
  }

  @Test func whatIsShownHasNoQuery() throws {
    #expect("\(try HTTPURL("https://host/v1/models?key=s3cret"))" == "https://host/v1/models")
  }

  @Test(arguments: [
    "", "worker", "ftp://host/", "file:///etc/passwd", "http://", "http://user:password@host/",
    "http://host:70000/", "http://%35/",
    "http://host/ a", "http://host/\n", "http://ho\u{7f}st/", "http://host:x/",
    "http://host/" + String(repeating: "a", count: 9000),
  ])
  func whatCannotBeUsedIsRefusedWithAReason(_ text: String) {
    let error = thrown(HTTPError.self) { try HTTPURL(text) }
    #expect(error?.description.contains("write http://HOST") == true, "\(String(describing: error))")
  }
}
