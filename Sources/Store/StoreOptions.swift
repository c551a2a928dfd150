// SPDX-License-Identifier: Apache-2.0
import Crypto

/// How a store is kept.
public struct StoreOptions: Sendable {
  public var paths: StorePaths
  /// Size of `mtor.db` from which on the oldest rows of the journal are removed.
  public var journalBytesMax = 64 << 20
  /// Bytes of what is owed to the outside; beyond, the lowest priority is dropped.
  public var outboxBytesMax = 4 << 20
  /// Size of each file of the history from which on its oldest entries are removed.
  public var historyBytesMax = 64 << 20
  /// Which file holds what is known of a user.
  public var shards = ShardMap()
  /// A head is made after so many rows.
  public var headRows: Int64 = 64
  /// Signs the heads; nil leaves them unsigned.
  public var signingKey: SigningKey?
  /// Pages of 4 KiB in the write-ahead log from which on they are copied into the file.
  var checkpointPages = 1000
  /// SQLite's name of a virtual file system: for tests.
  public var vfs: String?

  public init(_ paths: StorePaths) { self.paths = paths }
}

/// What a store has to tell, apart from the results of commits.
public enum StoreEvent: Sendable, Equatable {
  /// A damaged file was put aside; `rows` of the journal could be taken over from it.
  case quarantined(file: String, problem: String, rows: Int64)
  /// The journal ends before the head that is kept outside.
  case endsEarly(last: Int64, anchor: Int64)
  /// The journal has another row than the head that is kept outside.
  case differs(seq: Int64)
  /// The head could not be written outside.
  case anchorFailed(String)
  /// The history could not be opened or written; the rest is as it should be.
  case historyFailed(String)
  /// The oldest rows were removed to keep the size.
  case removed(through: Int64)
}

/// How a store is doing.
public struct StoreStatus: Sendable, Equatable {
  public var isOpen = false
  /// Why nothing can be stored now.
  public var problem: StoreError?
  /// The journal's last row.
  public var lastSeq: Int64 = 0
  /// The last row that a head was made of.
  public var headSeq: Int64 = 0
  /// Changes stored, and changes that could not be, since start.
  public var stored = 0
  public var unstored = 0
  /// Written to the medium by the store: since start, and since the files were made.
  public var bytesWritten = 0
  public var bytesWrittenEver = 0

  public init() {}

  var hasRowsWithoutHead: Bool { isOpen && headSeq < lastSeq }
}
