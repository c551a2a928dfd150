// SPDX-License-Identifier: Apache-2.0

/// What the kernel tells about a line, requested or not.
public struct LineInfo: Sendable, Equatable {
  public var offset: UInt32
  /// Empty for a line without a name.
  public var name: String
  /// Who holds it; nil when it is free. "kernel" for a driver that does not say.
  public var consumer: String?
  public var isOutput: Bool
  public var isActiveLow: Bool
  public var bias: LineBias
}
