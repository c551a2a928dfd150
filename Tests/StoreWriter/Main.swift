// SPDX-License-Identifier: Apache-2.0
import Glibc
import Loop
import Store

/// Commits rows as fast as it can until it is killed, and tells each that was answered:
///
///     store-writer DIRECTORY
///
/// Prints `resumed N`, the number in its checkpoint, then `answered N` per row.
@main struct StoreWriter {
  static func main() {
    guard CommandLine.arguments.count == 2 else { exit(64) }
    let directory = CommandLine.arguments[1]
    let loop = LoopActor.shared.loop
    loop.bindToCurrentThread()
    LoopActor.spawn("writer") {
      do { try await write(to: Store(StoreOptions(StorePaths(directory: directory)))) } catch {
        tell("failed \(error)")
        exit(1)
      }
    }
    loop.run()
  }

  @LoopActor private static func write(to store: Store) async throws {
    let last = try await store.checkpoints(prefix: "last").first
    var number = last.flatMap { Int64(String(decoding: $0.body, as: UTF8.self)) } ?? 0
    tell("resumed \(number)")
    while true {
      // One alone, then several that share a commit.
      for _ in 0..<(number % 7) {
        number += 1
        try commit(number, store)
      }
      number += 1
      try await store.commit(writes(number))
      tell("answered \(number)")
    }
  }

  @LoopActor private static func commit(_ number: Int64, _ store: Store) throws(StoreError) {
    try store.commit(writes(number), .now) { result in
      if case .success = result { tell("answered \(number)") }
    }
  }

  private static func writes(_ number: Int64) -> [Write] {
    [
      .journal(JournalEntry("test.row", ["n": .integer(number)])),
      .checkpoint(key: "last", body: Array("\(number)".utf8)),
    ]
  }

  private static func tell(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = line.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }
}
