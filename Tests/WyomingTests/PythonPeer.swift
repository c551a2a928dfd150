// SPDX-License-Identifier: Apache-2.0
import Glibc
import Posix

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

  fileprivate static func readLine(_ pipe: UnsafeMutablePointer<FILE>) -> String? {
    var line = [CChar](repeating: 0, count: 1024)
    guard fgets(&line, Int32(line.count), pipe) != nil else { return nil }
    return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Peers/service.py while it runs.
final class PythonService {
  let endpoint: Endpoint
  private let pipe: UnsafeMutablePointer<FILE>
  private let process: pid_t

  /// Returns once it listens; nil when it does not start.
  init?(_ version: String) {
    guard let pipe = popen(Python.command(version, "service.py"), "r"),
      let words = Python.readLine(pipe)?.split(whereSeparator: \.isWhitespace), words.count == 2,
      let port = UInt16(words[0]), let process = pid_t(words[1])
    else { return nil }
    self.pipe = pipe
    self.process = process
    endpoint = .tcp(host: "127.0.0.1", port: port)
  }

  deinit {
    kill(process, SIGKILL)
    pclose(pipe)
  }
}
