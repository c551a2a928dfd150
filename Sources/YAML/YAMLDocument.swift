// SPDX-License-Identifier: Apache-2.0
internal import CYAML

/// One parsed document: no anchors, aliases, tags, duplicate keys or second document, which is what a
/// configuration needs and no more.
///
/// Reading goes on after what can be skipped, so that one run tells as much as possible.
public struct YAMLDocument: Sendable {
  /// Nil when the text cannot be understood as a whole; an empty map for an empty text.
  public let root: YAMLNode?
  /// In the order of the text; empty means good.
  public let problems: [YAMLProblem]

  public init(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) {
    if let problem = TextCheck.problem(in: bytes, limits: limits) {
      (root, problems) = (nil, [problem])
      return
    }
    (root, problems) = bytes.withUnsafeBufferPointer { buffer in
      var builder = TreeBuilder(EventReader(buffer), limits: limits)
      let root = builder.document()
      return (root, builder.problems)
    }
  }

  public init(_ text: String, limits: YAMLLimits = YAMLLimits()) {
    self.init(Array(text.utf8), limits: limits)
  }

  /// The version of libyaml in use.
  public static var libraryVersion: String { String(cString: yaml_get_version_string()) }
}
