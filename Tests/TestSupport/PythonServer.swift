// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A Python program that prints its port and its process once it listens; ends with this object.
public final class PythonServer: Sendable {
  public let port: UInt16
  private let process: pid_t

  /// - Parameter program: the program's path and its arguments, as a shell reads them.
  public init(_ program: String, interpreter: String = "python3") throws {
    var line = [CChar](repeating: 0, count: 100)
    guard let pipe = popen("exec \(interpreter) \(program) 2>/dev/null", "r"),
      fgets(&line, Int32(line.count), pipe) != nil
    else { throw NotStarted(program: program) }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let port = UInt16(words[0]), let process = pid_t(words[1]) else {
      throw NotStarted(program: program)
    }
    self.port = port
    self.process = process
  }

  /// A server that is given its port: start.py starts it.
  /// - Parameter command: with `{port}` in one of its words, as a shell reads them.
  public convenience init(command: String) throws {
    try self.init("\(#filePath.dropLast("/PythonServer.swift".count))/start.py \(command)")
  }

  deinit { kill(process, SIGKILL) }

  public struct NotStarted: Error { public let program: String }
}
