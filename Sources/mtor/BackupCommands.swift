// SPDX-License-Identifier: Apache-2.0
import Runtime
import Store

extension Commands {
  static let backup = Command(
    name: "backup",
    summary: "Copy what is stored, while mtor works",
    details: """
      Copies journal, checkpoints, outbox and history into a new folder, each file as it is at one moment, and
      looks at the copy as a whole: its chain is verified. A running mtor is not disturbed.
      """,
    arguments: [Argument("FOLDER", "Where the copy goes; must not exist yet.")],
    options: [.state, .config],
    examples: [Example("mtor backup /mnt/usb/mtor-monday", "On another medium.")],
    run: makeBackup)

  static let restore = Command(
    name: "restore",
    summary: "Put a copy back",
    details: """
      Looks at a copy that 'mtor backup' has made, and puts it in the place of what is stored; that is moved
      into a folder beside it. No mtor may run. Rows that are younger than the copy are then missing from the
      journal, and it says so itself from the next start on.
      """,
    arguments: [Argument("FOLDER", "The copy.")],
    options: [.state, .config],
    examples: [Example("mtor restore /mnt/usb/mtor-monday", "After 'systemctl stop mtor'.")],
    run: restoreBackup)

  @Sendable private static func makeBackup(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let paths = try storePaths(invocation)
    let backup = Backup(folder: invocation.arguments[0])
    do throws(StoreError) {
      for file in try backup.make(of: paths) { Output.line(file) }
      let found = try backup.check()
      for line in VerificationText.lines(found) { Output.line(line) }
      return found.isGood ? .success : .negative
    } catch { throw CommandFailure(error) }
  }

  @Sendable private static func restoreBackup(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let paths = try storePaths(invocation)
    StateDirectory.makeParents(of: paths.directory)
    do throws(StoreError) {
      let aside = try Backup(folder: invocation.arguments[0]).restore(to: paths)
      Output.line("restored to \(paths.directory)")
      if let aside { Output.line("what was there is in \(aside)") }
      return .success
    } catch { throw CommandFailure(error) }
  }
}
