// SPDX-License-Identifier: Apache-2.0
import CInstruments
import Glibc

/// A directory of one test, removed with its files when the last reference goes.
public final class TemporaryDirectory: Sendable {
  /// Short enough for the path of a Unix socket inside.
  public let path: String

  public init() {
    var template = Array("/tmp/mtor-test-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "no temporary directory can be made")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    ci_remove_tree(path)
  }

  /// The path of a file inside.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file inside and returns its path.
  @discardableResult public func write(_ name: String, _ text: String) -> String {
    guard let file = fopen(file(name), "w") else {
      preconditionFailure("\(self.file(name)) cannot be written")
    }
    fputs(text, file)
    fclose(file)
    return self.file(name)
  }
}
