// SPDX-License-Identifier: Apache-2.0

/// How large a peer's messages may be. A larger one ends the connection.
public struct WyomingLimits: Sendable, Equatable {
  /// The header line without its line feed; the Python library has the same limit.
  public var headerMaxBytes = 64 << 10
  public var dataMaxBytes = 1 << 20
  public var payloadMaxBytes = 1 << 20

  public init() {}
}
