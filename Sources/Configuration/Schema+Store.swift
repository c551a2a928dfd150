// SPDX-License-Identifier: Apache-2.0

extension Schema {
  static let store: [Field<StoreSettings>] = [
    Field("enabled", \.isEnabled, .flag, "Keep a journal and what has to survive a restart."),
    Field(
      "directory", \.directory, .optional(.text("path"), none: "auto"),
      "Where the files are; auto: the service's state directory, else ~/.local/state/mtor."),
    Field(
      "anchor", \.anchor, .optional(.text("path"), none: "auto"),
      "File that holds the journal's last signed head; best on another medium. auto: beside the journal."),
    Field(
      "journal_size", \.journalBytesMax, .size((1 << 20)...(4 << 30)),
      "From this size on the oldest rows of the journal are removed."),
    Field(
      "history_size", \.historyBytesMax, .size((1 << 20)...(4 << 30)),
      "From this size on the oldest entries of a file of the history are removed."),
    Field(
      "outbox_size", \.outboxBytesMax, .size((64 << 10)...(1 << 30)),
      "Of what is owed to the outside; beyond, the lowest priority is dropped, and that is told."),
    Field(
      "shards", \.shards,
      .dictionary("shard", .list("list of texts", of: .text(), count: 1...256), count: 16),
      "Files of the history of their own for users whose ids begin so; all others are in default."),
    Field("head_rows", \.headRows, .count(1...10_000), "A head of the journal is signed after so many rows."),
  ]
}
