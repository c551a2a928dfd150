// SPDX-License-Identifier: Apache-2.0

/// How JSON is laid out. None ends with a line feed.
public struct JSONStyle: Sendable, Equatable {
  public enum Layout: Sendable {
    /// `{"a":1,"b":[2,3]}`
    case compact
    /// `{"a": 1, "b": [2, 3]}`, as Python's `json.dumps` does it.
    case spaced
    /// One member per line, two spaces of indentation.
    case pretty
  }

  public var layout: Layout
  /// Members in the order of their keys, so that equal objects give equal texts.
  public var sortsKeys: Bool

  public init(_ layout: Layout, sortsKeys: Bool = false) {
    self.layout = layout
    self.sortsKeys = sortsKeys
  }

  public static let compact = JSONStyle(.compact)
  public static let spaced = JSONStyle(.spaced)
  public static let pretty = JSONStyle(.pretty)
}
