// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON

/// Where commands write. A closed pipe ends the writing, not the program.
enum Output {
  /// A text for people; a newline is added.
  static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// As it is.
  static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// One JSON document on one line.
  static func json(_ value: some Encodable) throws(CommandFailure) {
    do throws(JSONError) {
      line(try JSONText.string(value))
    } catch {
      throw CommandFailure(.software, "cannot write this as JSON: \(error)")
    }
  }

  static func error(_ text: String) { write("mtor: \(text)\n", to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
