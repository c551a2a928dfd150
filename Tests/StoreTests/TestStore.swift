// SPDX-License-Identifier: Apache-2.0
import Crypto
import JSON
import Posix
import SQLite
import TestSupport
import Time

@testable import Store

/// A store's files in a directory of a test, worked on without loop and queue.
final class TestStore {
  let directory = TemporaryDirectory()
  var options: StoreOptions
  private(set) var worker: StoreWorker
  private var ticks: Int64 = 0

  static let key = SigningKey(secret: Array(0..<32))
  static let boot = BootID(repeatElement(7, count: 16)) ?? .unknown

  init(_ change: (inout StoreOptions) -> Void = { _ in }) {
    options = StoreOptions(StorePaths(directory: directory.file("store")))
    change(&options)
    worker = StoreWorker(options, boot: Self.boot)
  }

  /// Two seconds after the last: longer than the pause between attempts to open.
  func stamp() -> Stamp {
    ticks += 2_000_000_000
    return Stamp(wall: 1_700_000_000_000_000_000 + ticks, monotonic: Instant(nanoseconds: UInt64(ticks)))
  }

  func entry(_ kind: String, _ number: Int, padding: Int = 0) -> Write {
    let text = String(repeating: "x", count: padding)
    return .journal(
      JournalEntry(kind, ["n": .integer(Int64(number)), "text": .string(text)], at: stamp()))
  }

  @discardableResult func apply(_ writes: [Write]) -> Result<Int64, StoreError> {
    defer { worker.writeAnchor() }
    return worker.apply(writes, at: stamp()).result
  }

  func fill(rows: Int) throws {
    for number in 1...rows { _ = try apply([entry("test.row", number)]).get() }
  }

  /// Another process on the same files.
  func restart() { worker = StoreWorker(options, boot: Self.boot) }

  func close() { _ = worker.close(at: stamp()) }

  var anchor: JournalHead? { try? Anchor(path: options.paths.anchor).read() }

  func rows(kind: String? = nil) throws -> [JournalRow] {
    var rows: [JournalRow] = []
    _ = try JournalReader.open(options.paths.main, vfs: options.vfs).visit(after: 0, kind: kind) {
      rows.append($0)
      return true
    }
    return rows
  }

  func verify(key: PublicKey? = nil) throws -> Verification {
    try JournalReader.open(options.paths.main, vfs: options.vfs).verify(anchor: anchor, key: key)
  }
}
