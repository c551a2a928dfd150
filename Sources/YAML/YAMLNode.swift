// SPDX-License-Identifier: Apache-2.0

/// A place in a text; both counts begin at 1.
public struct YAMLMark: Sendable, Hashable {
  public var line: Int
  public var column: Int

  public init(line: Int = 1, column: Int = 1) {
    self.line = line
    self.column = column
  }
}

/// A YAML document as a tree. Scalars stay texts: what `on` or `017` means is the reader's decision,
/// not YAML's.
public indirect enum YAMLNode: Sendable, Equatable {
  /// `isPlain`: written without quotes.
  case scalar(String, isPlain: Bool, YAMLMark)
  case list([YAMLNode], YAMLMark)
  case map([YAMLEntry], YAMLMark)
  /// Something refused; its problem is already in the document's list.
  case invalid(YAMLMark)

  public var mark: YAMLMark {
    switch self {
    case .scalar(_, _, let mark), .list(_, let mark), .map(_, let mark), .invalid(let mark): mark
    }
  }

  /// Nothing written after the colon, `~` or `null`.
  public var isNull: Bool {
    guard case .scalar(let text, isPlain: true, _) = self else { return false }
    return ["", "~", "null"].contains(text)
  }
}

/// One `key: value` of a map, in the order of the file.
public struct YAMLEntry: Sendable, Equatable {
  public var key: String
  public var keyMark: YAMLMark
  public var value: YAMLNode

  public init(key: String, keyMark: YAMLMark = YAMLMark(), value: YAMLNode) {
    self.key = key
    self.keyMark = keyMark
    self.value = value
  }
}

/// What is wrong with a text and what to do about it.
public struct YAMLProblem: Sendable, Equatable {
  public var mark: YAMLMark
  public var text: String
}
