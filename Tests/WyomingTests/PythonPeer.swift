// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix
import TestSupport

/// Programs made with the real Python library, in the versions that scripts/test-servers installs.
enum Python {
  static let versions = ["1.5.4", "1.10.2"]
  static let root = String(#filePath.dropLast("/Tests/WyomingTests/PythonPeer.swift".count))

  static var isInstalled: Bool {
    versions.allSatisfy { access(interpreter($0), X_OK) == 0 }
  }

  static func interpreter(_ version: String) -> String {
    "\(root)/build/test-servers/wyoming-\(version)/bin/python"
  }

  static func command(_ version: String, _ program: String, _ argument: String = "") -> String {
    "exec \(interpreter(version)) \(root)/Tests/WyomingTests/Peers/\(program) \(argument) 2>&1"
  }

  /// Runs Peers/client.py to its end.
  static func runClient(_ version: String, against endpoint: Endpoint) -> String {
    guard let pipe = popen(command(version, "client.py", "\(endpoint)"), "r") else { return "" }
    defer { pclose(pipe) }
    var output = ""
    while let line = readLine(pipe) { output += line }
    return output
  }

  private static func readLine(_ pipe: UnsafeMutablePointer<FILE>) -> String? {
    var line = [CChar](repeating: 0, count: 1024)
    guard fgets(&line, Int32(line.count), pipe) != nil else { return nil }
    return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Peers/service.py while it runs.
final class PythonService {
  let endpoint: Endpoint
  private let server: PythonServer

  /// Returns once it listens; nil when it does not start.
  init?(_ version: String) {
    let program = "\(Python.root)/Tests/WyomingTests/Peers/service.py"
    let server = try? PythonServer(program, interpreter: Python.interpreter(version))
    guard let server else { return nil }
    self.server = server
    endpoint = .tcp(host: "127.0.0.1", port: server.port)
  }
}
