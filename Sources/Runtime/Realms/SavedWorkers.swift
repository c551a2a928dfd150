// SPDX-License-Identifier: Apache-2.0
import Configuration
import Glibc
import Posix

/// Realms and workers that were added while running and are to be there after the next start: `workers.yml`
/// in the state directory, of the configuration's form.
struct SavedWorkers: Sendable {
  let path: String

  init(directory: String) { path = "\(directory)/workers.yml" }

  /// Nothing when there is no such file. Blocks.
  /// - Throws: every mistake in it.
  func read(beside known: Additions) throws(ConfigurationProblems) -> Additions {
    if access(path, F_OK) != 0 { return Additions() }
    return try ConfigurationReader().readAdditions(file: path, to: known)
  }

  /// Replaces the file as a whole, also for a power cut; blocks.
  /// - Throws: `SystemError` naming it.
  func write(_ additions: Additions) throws(SystemError) {
    let note =
      "# Written by mtor workers add --save and mtor realms add --save. The configuration goes over it.\n"
    try DurableFile.replace(path, Array((note + ConfigurationTexts.additions(additions)).utf8))
  }
}
