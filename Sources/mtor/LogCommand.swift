// SPDX-License-Identifier: Apache-2.0
import Configuration
import Crypto
import Glibc
import JSON
import Runtime
import Store

extension Commands {
  static let log = Command(
    name: "log",
    summary: "Show the journal: what happened, and what was decided",
    details: """
      Prints the rows of the journal: number, time, kind and body. Without --since the last ones. The journal
      is a file; no mtor has to run, and one that runs is not disturbed. --json writes one row as JSON per
      line, with all that is needed to verify the chain again. Ends with Ctrl-C when it follows.
      """,
    options: [
      Option("follow", short: "f", "Go on with new rows as they come."),
      Option("since", value: "TIME", "Only rows since then: 10min, 2h, 3d, 2026-01-31, '2026-01-31 12:00'."),
      Option("kind", value: "KIND", "Only of this kind: rule takes rule.started and rule.ended."),
      Option("lines", short: "n", value: "COUNT", "Without --since: how many rows (100)."),
      .state, .config, .json,
    ],
    examples: [
      Example("mtor log --kind rule --follow", "Which automations run, live."),
      Example("mtor log --since 7d --json", "A week of it, for another program."),
    ],
    run: showLog)

  static let logVerify = Command(
    name: "log verify",
    summary: "Find out whether the journal was changed",
    details: """
      Computes the hash of every row, follows the chain, and compares it with the heads that were kept, with
      their signatures, and with the head outside of the journal. Names the first row that is not as it was
      written; exits with 1 then. Rows that were lost by an accident are told too. What this can and cannot
      find is in docs/store.md.
      """,
    options: [
      Option("key", value: "HEX", "Who must have signed the last head: the public key, 64 digits."),
      Option("anchor", value: "FILE", "A head that was kept elsewhere."), .state, .config, .json,
    ],
    examples: [Example("mtor log verify --anchor /mnt/usb/head.json", "With a copy on another medium.")],
    run: verifyLog)

  @Sendable private static func showLog(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let paths = try storePaths(invocation)
    let since = try invocation.value("since").map { text throws(CommandFailure) in
      guard let since = SinceText.nanoseconds(text) else {
        throw CommandFailure(
          .usage, "--since \(text): write 10min, 2h, 3d, 2026-01-31 or '2026-01-31 12:00'.")
      }
      return since
    }
    let count = try lineCount(invocation)
    return try reading(paths) { reader throws(StoreError) in
      var last = since == nil ? try reader.tail(count) : 0
      repeat {
        last = try reader.visit(after: last, since: since, kind: invocation.value("kind")) { row in
          Output.line(invocation.wantsJSON ? RowText.json(row) : RowText.line(row))
          return true
        }
      } while invocation.has("follow") && poll(nil, 0, followIntervalMS) == 0
      return .success
    }
  }

  /// Between two looks at a journal that is followed.
  private static let followIntervalMS: Int32 = 300

  private static func lineCount(_ invocation: Invocation) throws(CommandFailure) -> Int {
    guard let text = invocation.value("lines") else { return 100 }
    guard let count = Int(text), count > 0 else {
      throw CommandFailure(.usage, "--lines \(text): write a number from 1.")
    }
    return count
  }

  @Sendable private static func verifyLog(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let paths = try storePaths(invocation)
    let key = try invocation.value("key").map { text throws(CommandFailure) in
      guard let key = PublicKey(hex: text) else {
        throw CommandFailure(.usage, "--key \(text): write the 64 hexadecimal digits of a public key.")
      }
      return key
    }
    let anchor = Anchor(path: invocation.value("anchor") ?? paths.anchor)
    let result = try reading(paths) { reader throws(StoreError) in
      // First: the journal only grows after it.
      let head = try anchor.read()
      return try reader.verify(
        anchor: head, key: key ?? StoreSettings.signingKey()?.publicKey)
    }
    if invocation.wantsJSON {
      try Output.json(JSONValue.object(VerificationText.json(result)))
    } else {
      for line in VerificationText.lines(result) { Output.line(line) }
    }
    return result.isGood ? .success : .negative
  }

  /// Where the store is: `--state`, else what the configuration says.
  static func storePaths(_ invocation: Invocation) throws(CommandFailure) -> StorePaths {
    if let state = invocation.value("state") { return StorePaths(directory: state) }
    return try LoadedSettings.load(invocation).settings.store.paths()
  }

  static func reading<Value>(
    _ paths: StorePaths, _ body: (borrowing JournalReader) throws(StoreError) -> Value
  ) throws(CommandFailure) -> Value {
    do throws(StoreError) {
      return try body(try JournalReader.open(paths.main))
    } catch { throw CommandFailure(error) }
  }
}

extension Option {
  static let state = Option("state", value: "DIRECTORY", "The store's files; without it the configured ones.")
}

extension CommandFailure {
  init(_ error: StoreError) {
    switch error {
    case .unusable: self.init(.noInput, "\(error)")
    case .database(let error) where error.kind == .busy: self.init(.temporary, "\(error)")
    case .inUse: self.init(.temporary, "\(error)")
    default: self.init(.dataError, "\(error)")
    }
  }
}
