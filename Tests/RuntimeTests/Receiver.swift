// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Posix
import TestSupport

/// An HTTP server that takes what it is sent, or not, as it is told.
final class Receiver: Sendable {
  struct Message: Sendable, Equatable {
    /// When it came.
    var milliseconds: Int64
    var path: String
    /// How it was answered.
    var status: String
    var key: String
    var secret: String
    var body: JSONObject
  }

  let directory = TemporaryDirectory()
  private let server: PythonServer

  init(status: String = "200") throws {
    directory.write("status", status)
    directory.write("received", "")
    server = try PythonServer(
      "\(#filePath.dropLast("/Receiver.swift".count))/Servers/receiver.py \(directory.path)")
  }

  var url: String { "http://127.0.0.1:\(server.port)" }

  /// From now on requests are answered so: a status (`429/3`: with `Retry-After: 3`), `cut` or `mute`; of
  /// several words each answers one request, the last all others.
  func answer(_ status: String) {
    // At once, for whoever reads it meanwhile.
    directory.write("status.new", status)
    rename(directory.file("status.new"), directory.file("status"))
  }

  func messages() throws -> [Message] {
    let received = try FileDescriptor.open(directory.file("received"), O_RDONLY).read(upTo: 16 << 20)
    return try received.split(separator: 0x0A).map { line in
      let row = try JSONText.value(Array(line)).objectValue ?? [:]
      func text(_ name: String) -> String { row[name]?.stringValue ?? "" }
      return Message(
        milliseconds: row["ms"]?.integerValue ?? 0, path: text("path"), status: text("status"),
        key: text("key"), secret: text("secret"),
        body: (try? JSONText.value(Array(text("body").utf8)))?.objectValue ?? [:])
    }
  }

  /// Those that were taken.
  func taken() throws -> [Message] { try messages().filter { $0.status.hasPrefix("2") } }
}
