// SPDX-License-Identifier: Apache-2.0

/// The tables of one kind of file, as the steps that made them.
///
/// A step only adds: tables, indexes, columns with a default. So the program of the version before
/// still reads and writes the file, and an update can be taken back (N-1).
struct Schema: Sendable {
  struct Step: Sendable {
    /// Statements that lead from the version before to this one.
    let sql: String
    /// The lowest version whose program can still use the file.
    let oldestProgram: Int
  }

  /// Marks the files as ours: `PRAGMA application_id`.
  let applicationID: Int32
  /// Step 0 makes version 1.
  let steps: [Step]

  var version: Int { steps.count }
}

extension Schema {
  /// Journal, checkpoints, outbox: `mtor.db`. The number is "mtor" in ASCII.
  static let main = Schema(applicationID: 0x6d74_6f72, steps: [Step(sql: mainTables, oldestProgram: 1)])

  private static let mainTables = """
    CREATE TABLE journal(
      seq INTEGER PRIMARY KEY, wall INTEGER NOT NULL, mono INTEGER NOT NULL, boot BLOB NOT NULL,
      kind TEXT NOT NULL, body TEXT NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
    CREATE TABLE heads(
      seq INTEGER PRIMARY KEY, first INTEGER NOT NULL, wall INTEGER NOT NULL, hash BLOB NOT NULL, key BLOB,
      signature BLOB) STRICT;
    CREATE TABLE checkpoints(
      key TEXT PRIMARY KEY, body BLOB NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox(
      id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, priority INTEGER NOT NULL,
      created INTEGER NOT NULL, deadline INTEGER, attempts INTEGER NOT NULL DEFAULT 0,
      dropped INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL) STRICT;
    CREATE INDEX outbox_order ON outbox(priority, id);
    """
}

extension Schema {
  /// The history of a part of the users: `users-NAME.db`. The number is "mtou" in ASCII.
  static let shard = Schema(applicationID: 0x6d74_6f75, steps: [Step(sql: shardTables, oldestProgram: 1)])

  private static let shardTables = """
    CREATE TABLE history(
      id INTEGER PRIMARY KEY, intent TEXT NOT NULL, realm TEXT NOT NULL, user TEXT NOT NULL,
      origin TEXT NOT NULL, started INTEGER NOT NULL, took INTEGER NOT NULL, ending TEXT NOT NULL,
      reason TEXT) STRICT;
    CREATE INDEX history_realm ON history(realm, id);
    CREATE INDEX history_user ON history(user, id);
    CREATE TABLE realms(
      realm TEXT PRIMARY KEY, completed INTEGER NOT NULL, failed INTEGER NOT NULL, rejected INTEGER NOT NULL,
      expired INTEGER NOT NULL, times BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE users(
      user TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, intents INTEGER NOT NULL,
      completed INTEGER NOT NULL, took INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    """
}
