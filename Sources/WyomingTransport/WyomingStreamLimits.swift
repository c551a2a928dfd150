// SPDX-License-Identifier: Apache-2.0
import Wyoming

/// Bounds of one connection.
public struct WyomingStreamLimits: Sendable, Equatable {
  /// Of the peer's messages.
  public var messages = WyomingLimits()
  /// Bytes waiting for the peer above which audio is refused, so that a slow peer costs audio and
  /// not memory. 64 KiB are two seconds of 16 kHz mono.
  public var audioBacklogMaxBytes = 64 << 10
  /// Bytes waiting for the peer above which the connection is given up.
  public var backlogMaxBytes = 1 << 20
  /// A connection from which nothing comes for so long is ended; nil: never.
  public var idleTimeout: Duration?

  public init() {}
}
