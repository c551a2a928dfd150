// SPDX-License-Identifier: Apache-2.0

/// The most that a document may hold; beyond, it is refused with the limit's name.
public struct YAMLLimits: Sendable {
  public var fileBytesMax = 1 << 20
  public var depthMax = 32
  public var nodesMax = 50_000
  public var scalarBytesMax = 64 << 10
  /// Problems told; one more says that there are more.
  public var problemsMax = 100

  public init() {}
}
