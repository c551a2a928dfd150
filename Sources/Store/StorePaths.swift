// SPDX-License-Identifier: Apache-2.0

/// The files of a store.
public struct StorePaths: Sendable, Equatable {
  public let directory: String
  /// Where the last head goes; best on another medium.
  public let anchor: String

  public init(directory: String, anchor: String? = nil) {
    self.directory = directory
    self.anchor = anchor ?? "\(directory)/head.json"
  }

  /// Journal, checkpoints, outbox.
  public var main: String { "\(directory)/mtor.db" }
  /// Held locked by whoever writes.
  public var lock: String { "\(directory)/lock" }
}
