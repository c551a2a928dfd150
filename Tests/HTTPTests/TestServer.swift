// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPClient

/// Servers/server.py while it runs: an independent implementation, in Python's standard library.
final class TestServer: Sendable {
  let port: UInt16
  private let scheme: String
  private let process: pid_t

  /// Returns once it listens.
  init(certificate: String? = nil, key: String? = nil) throws {
    let root = String(#filePath.dropLast("/TestServer.swift".count))
    let arguments = [certificate, key].compactMap { $0 }.joined(separator: " ")
    guard let pipe = popen("exec python3 \(root)/Servers/server.py \(arguments) 2>/dev/null", "r") else {
      throw NoServer()
    }
    var line = [CChar](repeating: 0, count: 100)
    guard fgets(&line, Int32(line.count), pipe) != nil else { throw NoServer() }
    let words = String(cString: line).split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let port = UInt16(words[0]), let process = pid_t(words[1]) else {
      throw NoServer()
    }
    self.port = port
    self.process = process
    scheme = certificate == nil ? "http" : "https"
  }

  deinit { kill(process, SIGKILL) }

  func url(_ path: String, host: String = "127.0.0.1") throws -> HTTPURL {
    try HTTPURL("\(scheme)://\(host):\(port)\(path)")
  }

  struct NoServer: Error {}
}
