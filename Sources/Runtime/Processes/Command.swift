// SPDX-License-Identifier: Apache-2.0
import Glibc
import Log
import Loop
import Posix
import Time

/// Runs a program for an automation: output into the log, ended at its timeout.
@LoopActor public enum Command {
  /// Lines of one run that go into the log; the rest is counted.
  public static let linesMax = 100

  /// Returns when the program has ended.
  /// - Throws: `SystemError` when it cannot be started; `CommandError` when it fails;
  ///   `DeadlineExceeded` when its time is up: its whole process group is killed then.
  public static func run(_ arguments: [String], timeout: Duration, log: Logger) async throws {
    let loop = LoopActor.shared.loop
    let name = arguments.first ?? ""
    let lines = LineCount()
    var readers: [LineReader] = []
    defer { for reader in readers { reader.finish() } }
    let status = try await loop.wait(on: "program \(name)", until: loop.now + timeout) {
      (waiter: Waiter<ChildStatus>) in
      do throws(SystemError) {
        let child = try Child(Program(arguments, output: .pipe, error: .pipe)) {
          waiter.resume(returning: $0)
        }
        waiter.onAbandon { child.signal(SIGKILL) }
        readers = try child.readLines { line in
          lines.count += 1
          if lines.count <= linesMax { log.info("\(name): \(line)") }
        }
      } catch { waiter.resume(throwing: error) }
    }
    for reader in readers { reader.finish() }
    if lines.count > linesMax { log.info("\(name): \(lines.count - linesMax) more lines left out") }
    if !status.isSuccess { throw CommandError(name: name, status: status) }
  }
}

@LoopActor private final class LineCount {
  var count = 0
}

/// A program ended badly.
public struct CommandError: Error, Equatable, CustomStringConvertible {
  public let name: String
  public let status: ChildStatus
  public var description: String { "\(name) ended with \(status)" }
}
