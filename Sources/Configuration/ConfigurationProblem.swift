// SPDX-License-Identifier: Apache-2.0
import YAML

/// One thing that is wrong in a configuration: where, what, and what to do.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
  public var file: String
  /// Nil when the file as a whole is meant.
  public var mark: YAMLMark?
  /// The keys that lead to the value, joined by dots: `gpio.doorbell.debounce`.
  public var path: String
  public var text: String

  /// `mtor.yml:14: gpio.button.debounce: '20' has no unit. Did you mean '20ms'?`
  public var description: String {
    let place = mark.map { "\(file):\($0.line)" } ?? file
    return path.isEmpty ? "\(place): \(text)" : "\(place): \(path): \(text)"
  }
}

/// Every problem of one reading, in the order of the files' lines.
public struct ConfigurationProblems: Error, CustomStringConvertible {
  public let problems: [ConfigurationProblem]
  /// The file itself could not be had (absent, not permitted), so nothing was judged.
  public let isUnreadable: Bool

  init(_ problems: [ConfigurationProblem], isUnreadable: Bool = false) {
    self.problems = problems
    self.isUnreadable = isUnreadable
  }

  /// One problem a line, without a newline at the end.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
