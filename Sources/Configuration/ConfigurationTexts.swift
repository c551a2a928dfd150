// SPDX-License-Identifier: Apache-2.0
import YAML

/// Texts written from the table of keys.
public enum ConfigurationTexts {
  /// The commented sample, which is also the configuration of `mtor run` and `mtor demo` without a file.
  public static let sample = SampleWriter.text()

  /// The name that stands for the sample in problems and logs.
  public static let sampleName = "(default)"

  /// docs/configuration.md
  public static var reference: String { ReferenceWriter.text() }

  /// Every value in force, as a file that reads back as the same settings.
  public static func effective(_ settings: Settings) -> String {
    guard let tree = Schema.root.tree(settings) else { return "" }
    return YAMLWriter.lines(tree).joined(separator: "\n") + "\n"
  }

  /// Realms and workers alone, as `ConfigurationReader.readAdditions` takes them.
  public static func additions(_ additions: Additions) -> String {
    guard let tree = Schema.additions(to: []).tree(additions) else { return "workers: {}\n" }
    return YAMLWriter.lines(tree).joined(separator: "\n") + "\n"
  }

  /// The same as a tree, for other notations.
  public static func tree(_ settings: Settings) -> YAMLNode? { Schema.root.tree(settings) }
}
