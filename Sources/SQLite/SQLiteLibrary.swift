// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

public enum SQLiteLibrary {
  /// As `3.40.1`.
  public static var version: String { String(cString: sqlite3_libversion()) }
}
