// SPDX-License-Identifier: Apache-2.0
import ALSA
import GPIO
import JSON
import SQLite
import YAML

/// This program's version.
enum Version {
  static let number = "0.1.0"

  /// C libraries at the versions in use now.
  static var libraries: [(name: String, version: String)] {
    [
      ("libasound", ALSALibrary.version), ("libgpiod", Library.version),
      ("libyaml", YAMLDocument.libraryVersion), ("libsqlite3", SQLiteLibrary.version),
    ]
  }
}

extension Commands {
  static let version = Command(
    name: "version",
    summary: "Tell the versions of mtor and its libraries",
    details: "Tells the version of mtor and of the C libraries it runs with.",
    options: [.json],
    examples: [Example("mtor version", "For a report of a fault.")],
    run: runVersion)

  @Sendable private static func runVersion(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    if invocation.wantsJSON {
      let libraries = Version.libraries.map { ($0.name, JSONValue.string($0.version)) }
      try Output.json(JSONValue.object(["mtor": .string(Version.number), "libraries": object(libraries)]))
      return .success
    }
    Output.line("mtor \(Version.number)")
    Version.libraries.forEach { Output.line("\($0.name) \($0.version)") }
    return .success
  }
}
