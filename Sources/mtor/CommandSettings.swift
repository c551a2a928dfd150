// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc

/// The configuration that a command works with.
struct LoadedSettings {
  var settings: Settings
  /// The file, or the name of the built-in sample.
  var source: String

  static let standardFile = "/etc/mtor/mtor.yml"

  /// The file given by `--config`; else the standard file where it exists; else the sample.
  ///
  /// - Parameter file: goes over `--config`.
  /// - Throws: `.configuration` with every problem, a line each; `.noInput` when the file is not there.
  static func load(_ invocation: Invocation, file: String? = nil) throws(CommandFailure) -> LoadedSettings {
    let named = file ?? invocation.value("config")
    let path = named ?? (access(standardFile, F_OK) == 0 ? standardFile : nil)
    return LoadedSettings(
      settings: try read(path, board: invocation.value("board")),
      source: path ?? ConfigurationTexts.sampleName)
  }

  /// - Parameter path: nil reads the sample.
  /// - Throws: as `load`.
  static func read(_ path: String?, board: String?) throws(CommandFailure) -> Settings {
    let reader = ConfigurationReader()
    do throws(ConfigurationProblems) {
      guard let path else {
        return try reader.read(
          text: ConfigurationTexts.sample, name: ConfigurationTexts.sampleName, board: board)
      }
      return try reader.read(file: path, board: board)
    } catch {
      throw CommandFailure(error)
    }
  }
}
