// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import TestSupport

/// Servers/server.py while it runs: an independent implementation, in Python's standard library.
final class TestServer: Sendable {
  private let server: PythonServer
  private let scheme: String
  var port: UInt16 { server.port }

  /// Returns once it listens.
  init(certificate: String? = nil, key: String? = nil) throws {
    let folder = #filePath.dropLast("/TestServer.swift".count)
    let arguments = [certificate, key].compactMap { $0 }.joined(separator: " ")
    server = try PythonServer("\(folder)/Servers/server.py \(arguments)")
    scheme = certificate == nil ? "http" : "https"
  }

  func url(_ path: String, host: String = "127.0.0.1") throws -> HTTPURL {
    try HTTPURL("\(scheme)://\(host):\(port)\(path)")
  }
}
